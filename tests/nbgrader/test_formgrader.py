"""nbgrader's formgrader in a real server: it grades with our engine and shows what students read."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import command
from tests.nbgrader import course, small
from tests.nbgrader.course import Course
from tests.nbgrader.small import EVERYTHING, RIGHT_DOUBLE, answered

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader-formgrader")]

TOKEN = "only-for-this-test"


class Formgrader:
    """A server in a course's folder; the tests send the same requests as a browser."""

    def __init__(self, made: Course, scratch: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}/formgrader"
        self._log = scratch / "log"
        extensions = {"nbgrader.server_extensions.formgrader": True, "jupyterlab": False, "notebook": False}
        command_line = [sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser", "--ip=127.0.0.1"]
        command_line += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
        command_line += [f"--ServerApp.root_dir={made.folder}", f"--ServerApp.jpserver_extensions={extensions}"]
        private = {name: str(scratch) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command_line, cwd=made.folder, env=command.environment(**private), stdout=log, stderr=log
            )
        until = time.monotonic() + command.SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, self.said()
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def ask(self, path: str, method: str = "GET") -> str:
        asked = urllib.request.Request(
            f"{self._url}/{path}",
            method=method,
            headers={"Authorization": f"token {TOKEN}"},
            data=b"" if method == "POST" else None,
        )
        with urllib.request.urlopen(asked, timeout=command.SECONDS) as answer:
            return answer.read().decode()

    def json(self, path: str, method: str = "GET") -> Any:
        return json.loads(self.ask(f"api/{path}", method))

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def _answers(self) -> bool:
        try:
            return bool(self.json("status"))
        except (urllib.error.URLError, ConnectionError):
            return False


@pytest.fixture(scope="module")
def made(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = course.copy(pristine, tmp_path_factory.mktemp("formgrader"))
    wrong = "def softmax(z):\n    return z\n"
    made.hand_in("ada", "toy", answered(made.released("toy"), softmax=wrong, double=RIGHT_DOUBLE))
    made.hand_in("bob", "toy", small.right())
    return made


@pytest.fixture(scope="module")
def formgrader(made: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formgrader]:
    started = Formgrader(made, tmp_path_factory.mktemp("jupyter"))
    yield started
    started.close()


def test_grading_and_reading(made: Course, formgrader: Formgrader) -> None:
    before = {each["student"]: each for each in formgrader.json("submissions/toy")}
    assert {each["autograded"] for each in before.values()} == {False}
    for student in ("ada", "bob"):
        said = formgrader.json(f"submission/toy/{student}/autograde", "POST")
        assert said["success"], said
    after = {each["student"]: each for each in formgrader.json("submissions/toy")}
    assert {name: each["score"] for name, each in after.items()} == {"ada": 7, "bob": EVERYTHING}
    assert {(each["autograded"], each["needs_manual_grade"]) for each in after.values()} == {(True, False)}
    notebooks = {each["student"]: each for each in formgrader.json("submitted_notebooks/toy/toy")}
    page = formgrader.ask(f"submissions/{notebooks['ada']['id']}/?index=0")
    for said in ("You forgot the exponential.", "[0.5, 0.5]", "README, part <code", ">softmax</code>", "image/png"):
        assert said in page
    assert "the-expected-value-of-a-hidden-check" not in page
    for view in ("manage_assignments", "gradebook", "gradebook/toy", "manage_submissions/toy", "manage_students"):
        assert "formgrader" in formgrader.ask(view)
    feedback = formgrader.json("assignment/toy/ada/generate_feedback", "POST")
    assert feedback["success"], feedback
    assert "You forgot the exponential." in (made.folder / "feedback/ada/toy/toy.html").read_text()


def test_nothing_of_ours_stays_in_the_server(formgrader: Formgrader) -> None:
    """The zygote of each grading ends with the grading."""
    import psutil

    def zygotes() -> list[psutil.Process]:
        children = psutil.Process(formgrader.pid).children(recursive=True)
        return [child for child in children if "autograder.worker.keeper" in " ".join(child.cmdline())]

    until = time.monotonic() + 120
    while zygotes() and time.monotonic() < until:
        formgrader.json("status")
        time.sleep(1)
    assert not zygotes()
