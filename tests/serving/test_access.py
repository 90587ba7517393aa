"""Who is not let in by `autograder serve`: nothing is read, and nothing is changed."""

from __future__ import annotations

import http.client
import json
import os
import pty
import re
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests import command
from tests.serving import running
from tests.serving.running import Server

STRANGER = 65534
DECISION = {"action": "decide", "kind": "points", "value": "+1", "reason": "because"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of a class with ada. No test of this module changes anything in it."""
    folder = tmp_path_factory.mktemp("served")
    running.recorded(folder, running.result("ada"))
    with running.server(folder) as server:
        yield server
        assert not (folder / "adjustments.csv").exists()
    # Nothing is logged: neither what was asked, nor who came in.
    assert server.said[1] == ""
    assert not any(secret in server.said[0] for secret in (server.room, server.cookie, "ada"))


def test_with_the_cookie_the_pages_are_there(served: Server) -> None:
    page = served.inside("index.html")
    assert page.status == 200 and "ada" in page.body
    assert served.inside("ada/toy.html").status == 200
    assert served.inside("regrading.html").status == 200
    assert [served.inside(path).status for path in ("ada/xor.html", "bob/toy.html", "none.html")] == [404] * 3
    assert served.inside("ada/toy.html", {"action": "decide", "kind": "points"}).status == 400


@pytest.mark.parametrize("cookie", ["", "autograder=x", "{name}=x", "{name}=", "other={value}", "{name}={value}x"])
def test_without_the_cookie_nothing_is_said(served: Server, cookie: str) -> None:
    name, _, value = served.cookie.partition("=")
    sent = cookie.format(name=name, value=value) or None
    for form in (None, DECISION):
        for path in ("index.html", "ada/toy.html", "regrading.html", "none.html"):
            answer = served.inside(path, form, Cookie=sent)
            assert answer.status == 403 and "ada" not in answer.body
    assert served.ask("/", Cookie=None).status == 200, "the page that asks for the code"


def test_the_room_is_not_to_be_found(served: Server) -> None:
    for path in ("/index.html", "/x/index.html", f"{served.room}", f"{served.room}x/index.html", "//index.html"):
        answer = served.ask(path)
        assert answer.status in (403, 404) and "ada" not in answer.body


def test_a_code_is_good_once(served: Server) -> None:
    code = served.code
    assert served.ask("/enter", {"code": code}, Cookie=None).status == 200
    assert served.code != code
    for wrong in (code, "", "x" * 24, "é"):
        again = served.ask("/enter", {"code": wrong}, Cookie=None)
        assert again.status == 403 and "set-cookie" not in again.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", None]
)
def test_a_rebound_name_is_refused(served: Server, host: str | None) -> None:
    named = host and host.format(port=served.port)
    for form in (None, DECISION):
        answer = served.inside("ada/toy.html", form, Host=named)
        assert answer.status in (400, 421) and "ada" not in answer.body
    assert served.ask("/enter", {"code": served.code}, Host=named).status in (400, 421)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("http://evil.example", None),
        ("http://127.0.0.1:1", "same-site"),
        ("http://localhost:{port}", "same-site"),
        ("https://127.0.0.1:{port}", None),
        ("null", None),
        ("null", "cross-site"),
        ("null", "same-site"),
        ("null", "none"),
        (None, None),
        (None, "same-origin"),
        ("http://127.0.0.1:{port}", "same-site"),
    ],
)
def test_a_form_of_another_page_changes_nothing(served: Server, origin: str | None, site: str | None) -> None:
    sent = origin and origin.format(port=served.port)
    answer = served.inside("ada/toy.html", DECISION, Origin=sent, Sec_Fetch_Site=site)
    assert answer.status == 403 and "ada" not in answer.body


def test_what_is_no_form_is_refused(served: Server) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", None):
        assert served.inside("ada/toy.html", DECISION, Content_Type=kind).status == 415
    assert served.inside("ada/toy.html", {"reason": "x" * 300_000}).status == 413
    assert served.inside("ada/toy.html", {f"field{number}": "" for number in range(3_000)}).status == 400
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        assert served.ask(f"{served.room}/ada/toy.html", method=method).status == 405


def test_every_answer_keeps_other_pages_out(served: Server) -> None:
    inside = [served.inside(path) for path in ("index.html", "ada/toy.html", "regrading.html", "none.html")]
    for answer in (*inside, served.ask("/"), served.ask("/", Cookie=None), served.ask("/", Host="evil.example")):
        headers = {name.lower(): value for name, value in answer.headers.items()}
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ") and "frame-ancestors 'none'" in policy
        assert not any(
            loose in policy.partition("script-src")[2].partition(";")[0] for loose in ("self", "unsafe", "*")
        )
        assert served.room not in answer.body


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_reads_nothing(served: Server) -> None:
    secrets = [served.code, served.room, served.cookie.partition("=")[2]]
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            os.write(writing, json.dumps(_as_a_stranger(served)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        seen = json.loads(pipe.read())
    os.waitpid(pid, 0)
    assert "no connection" not in seen
    assert not any(secret in text for secret in secrets for text in seen.values())
    assert "autograder" in seen["cmdline"] and "ada" not in seen["page"]
    assert all(seen[name] == "PermissionError" for name in ("way_in", "environ", "mem", "fd"))
    assert seen["inside"].startswith("403 ") and seen["decide"].startswith("403 ")


def _as_a_stranger(served: Server) -> dict[str, str]:
    """What this process can read of the server."""
    process = Path(f"/proc/{served.process.pid}")
    seen = {
        "cmdline": process.joinpath("cmdline").read_text(),
        "tmp": " ".join(map(str, served.way_in.parent.parent.iterdir())),
        "page": served.ask("/", Cookie=None).body,
    }
    # Even if it knew the room.
    for name, form in (("inside", None), ("decide", DECISION)):
        answer = served.inside("ada/toy.html", form, Cookie=None)
        seen[name] = f"{answer.status} {answer.body}"
    for name, path in (("way_in", served.way_in), ("environ", process / "environ"), ("mem", process / "mem")):
        try:
            seen[name] = path.read_bytes()[:100].decode(errors="replace")
        except OSError as problem:
            seen[name] = type(problem).__name__
    try:
        seen["fd"] = " ".join(str(each.readlink()) for each in process.joinpath("fd").iterdir())
    except OSError as problem:
        seen["fd"] = type(problem).__name__
    return seen


def test_a_port_that_is_taken(served: Server, tmp_path: Path) -> None:
    running.recorded(tmp_path, running.result("ada"))
    ended = command.run("serve", "--port", str(served.port), cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "") and "use another one" in ended.err, ended


def test_the_code_is_shown_on_a_terminal_and_in_no_log(tmp_path: Path) -> None:
    running.recorded(tmp_path, running.result("ada"))
    process = command.start("serve", "results", cwd=tmp_path)
    assert process.stdout
    logged = _until(process.stdout, "Ctrl-C to stop")
    process.send_signal(signal.SIGTERM)
    ended = command.finish(process)
    assert ended.code == 0 and "No longer serving." in ended.out and ended.err == "", ended
    assert "open     file:///" in logged and "\ncode " not in logged
    pid, terminal = pty.fork()
    if pid == 0:
        # Under `nohup`, it is ignored.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.chdir(tmp_path)
        arguments = [sys.executable, "-m", "autograder", "serve", "results"]
        os.execve(sys.executable, arguments, command.environment())
    try:
        with os.fdopen(terminal, closefd=False) as shown:
            said = _until(shown, "Ctrl-C to stop")
        port, code = (re.search(rf"^{name} +(\S+)", said, re.MULTILINE) for name in ("or", "code"))
        assert port and code, said
        server = Server(process, int(port[1].rstrip("/").rpartition(":")[2]), Path())
        assert server.ask("/enter", {"code": code[1]}).status == 200
        # The terminal is closed.
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    assert os.waitstatus_to_exitcode(status) == 0


def _until(output: Iterable[str], end: str) -> str:
    seen: list[str] = []
    for line in output:
        seen.append(line)
        if end in line:
            break
    return "".join(seen)


def test_it_listens_on_this_machine_only(served: Server) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert [each for each in local if each.endswith(f":{served.port:04X}")] == [f"0100007F:{served.port:04X}"]
    assert f"{served.port:04X}" not in Path("/proc/net/tcp6").read_text()


def test_what_is_no_http_does_not_end_it(served: Server) -> None:
    for sent in (b"\x16\x03\x01\x00", b"GET / HTTP/9\r\n\r\n", b"A" * 100_000, b"GET /" + b"%ff" * 30_000):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as stranger:
            stranger.sendall(sent)
    assert http.client.responses[served.inside("index.html").status] == "OK"
