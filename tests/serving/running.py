"""A real `autograder serve`, in a process of its own, and plain requests to it."""

from __future__ import annotations

import hashlib
import html
import http.client
import json
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from autograder.results.form import CheckResult, Layers, Result
from autograder.results.history.gradings import New
from autograder.results.history.record import History
from tests import command, toy

TWICE = toy.RIGHT.replace("return 3", "return 4")
"""A file that fails `other.third`, until that check expects 4."""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass
class Server:
    """A running server, and a client that may have come in."""

    process: subprocess.Popen[str]
    port: int
    way_in: Path
    cookie: str = ""
    room: str = ""
    said: list[str] = field(default_factory=list[str])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def code(self) -> str:
        """The code that is good for the next browser."""
        found = re.search(r'name="code" value="([^"]+)"', self.way_in.read_text())
        assert found
        return html.unescape(found[1])

    def ask(self, path: str, form: Mapping[str, str] | None = None, method: str = "", **headers: str | None) -> Answer:
        """A request as a browser sends it; `headers` changes its headers, `None` leaves one out."""
        sent: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie or None}
        body = None
        if form is not None:
            body = urlencode(form)
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method or ("GET" if form is None else "POST"), path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body.encode() if body is not None else None)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def come_in(self) -> None:
        """Use the code, as the private file does: from no origin."""
        entered = self.ask("/enter", {"code": self.code}, Origin="null", Sec_Fetch_Site="cross-site")
        assert entered.status == 200, entered
        set_cookie = entered.headers["set-cookie"]
        self.cookie = set_cookie.partition(";")[0]
        found = re.search(r"Path=([^;]+)", set_cookie)
        assert found and "HttpOnly" in set_cookie and "samesite=strict" in set_cookie.lower()
        self.room = found[1]

    def inside(self, path: str, form: Mapping[str, str] | None = None, **headers: str | None) -> Answer:
        """A request for a path among the pages."""
        return self.ask(f"{self.room}/{path}", form, "", **headers)


@contextmanager
def server(folder: Path, *arguments: str, results: str = "results", **environment: str) -> Iterator[Server]:
    """A server of the folder's results, to which a client has come in. It must end well when it is asked to."""
    environment = {"AUTOGRADER_AUTHOR": "turing", **environment}
    process = command.start("serve", results, "--json", *arguments, cwd=folder, **environment)
    try:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("}"):
                break
        assert lines and lines[-1].startswith("}"), command.finish(process)
        told = json.loads("".join(lines))
        running = Server(process, int(told["address"].rstrip("/").rpartition(":")[2]), Path(told["open"]))
        running.come_in()
        yield running
        process.send_signal(signal.SIGINT)
        ended = command.finish(process)
        running.said += [ended.out, ended.err]
        assert ended.code == 0, ended
        assert not running.way_in.parent.exists()
    finally:
        process.kill()


def result(student: str, source: str = TWICE, **given: object) -> Result:
    """A result of the toy exercise, from an earlier version of its checks."""
    checks = [
        CheckResult(
            id=id,
            title=f"Title of {id}",
            visible=True,
            points=points,
            maximum=maximum,
            status="passed" if points else "failed",
            saw="" if points else "4",
            digest="0" * 64,
        )
        for id, points, maximum in (("part.first", 5.0, 5.0), ("part.second", 5.0, 5.0), ("other.third", 0.0, 10.0))
    ]
    values = {
        "student": student,
        "exercise": "toy",
        "framework": "torch",
        "file": "toy.py",
        "digest": "0" * 64,
        "source": hashlib.sha256(source.encode()).hexdigest(),
        "score": 10.0,
        "maximum": 20.0,
        "checks": checks,
        "isolation": Layers("strong", ["uid"], []),
        "versions": {"autograder": "0.1.0"},
        "seed": 1,
        "output": "",
        "seconds": 1.5,
        "graded": "2026-01-01T00:00:00+00:00",
    }
    return Result(**(values | given))  # pyright: ignore[reportArgumentType]


def recorded(folder: Path, *results: Result, source: str = TWICE) -> None:
    """A course with these results in its record."""
    toy.project(folder, hidden="")
    add(folder, *results, source=source)


def add(folder: Path, *results: Result, source: str = TWICE) -> None:
    """Record results, as a grading does."""
    with History(folder / "results") as history:
        history.record_all([New(result=each, kind="grade", content=source.encode()) for each in results])
