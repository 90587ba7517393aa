"""Grading on real workers of a real scheduler, with TLS: the same results, refusals by name, walls around the keys."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client

from autograder import Result, grade_many
from autograder.commands.interruption import SENTENCE
from autograder.course.grading_file import load_policy
from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.grading import engine, interface
from tests import command, toy
from tests.cluster.faults import WAITS
from tests.cluster.machinery import Cluster, end_all, wait_for

pytestmark = pytest.mark.slow

CLASS = {
    "ada": toy.RIGHT,
    "bob": toy.RIGHT.replace("return 2 * x", "return 3 * x"),
    "cleo": toy.RIGHT.replace("return 1", "raise KeyError('mine')"),
    "dan": toy.RIGHT.replace("return 3", "import os; os._exit(3)"),
    "eve": "",
    "fay": "# %%\nraise ValueError('in the file')\n" + toy.RIGHT,
}


def a_class(folder: Path, files: dict[str, str] = CLASS) -> Path:
    toy.project(folder, hidden="")
    for student, source in files.items():
        toy.write(folder / "submitted" / student / "toy" / "toy.py", source)
    return folder


def graded(folder: Path, around: Cluster, name: str = "results", **more: Any) -> dict[str, Result]:
    run = grade_many([folder], folder / name, config=folder / "grading.yml", cluster=str(around.file), **more)
    return {each.student: each for each in run}


def content(results: Iterable[Result]) -> dict[str, Any]:
    """All that does not depend on clocks."""
    return {
        each.student: (
            each.score,
            each.digest,
            each.source,
            each.notes,
            [(check.id, check.status, check.points, check.saw, check.likely) for check in each.checks],
        )
        for each in results
    }


def test_a_class_waits_for_workers_and_is_watched(without_workers: Cluster, tmp_path: Path) -> None:
    """What it says, while there is no worker and when there are some, and who is being graded on all of them."""
    slow = toy.RIGHT.replace("def one():", "def one():\n    import time\n    time.sleep(1.5)")
    folder = a_class(tmp_path, {f"s{number}": f"{slow}\n# {number}\n" for number in range(6)})
    said: list[str] = []
    seen: list[set[str]] = []
    started = threading.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("no worker is there"):
            started.set()

    def start() -> None:
        started.wait()
        for number in range(2):
            without_workers.start_worker(f"worker-{number}")

    threading.Thread(target=start).start()
    where = interface.Where(folder / "grading.yml", str(without_workers.file), say=say)
    plan = a_plan(folder, load_policy(folder / "grading.yml"))
    run = interface.recorded(plan, None, where, lambda running: seen.append({order.label for order in running}))
    assert {each.score for each in run} == {20.0}
    assert f"`autograder worker {without_workers.address}` starts one" in said[1], said
    assert said[0].startswith("dashboard http")
    assert max(map(len, seen)) == 2
    assert set().union(*seen) <= {f"s{number} · toy" for number in range(6)}


def a_plan(folder: Path, policy: Policy) -> engine.Plan:
    submissions = interface.submissions_of([folder], policy)
    return engine.Plan(submissions, {"toy": toy.load(folder)}, folder / "results")


def test_the_same_results_as_on_one_machine(around: Cluster, tmp_path: Path) -> None:
    folder = a_class(tmp_path)
    here = grade_many([folder], folder / "here", config=folder / "grading.yml", seed=7, jobs=2)
    expected = content(here)
    assert content(graded(folder, around, seed=7).values()) == expected
    assert expected["ada"][0] == 20 and expected["eve"][0] == 0
    ended = command.run(
        *("grade", ".", "--seed", "7", "--results", "two", "--cluster", around.file, "--json"),
        cwd=folder,
        **around.environment,
    )
    assert ended.code == 0, ended
    assert {each["student"]: each["score"] for each in ended.json} == {name: of[0] for name, of in expected.items()}


def test_workers_of_this_machine_end_with_ctrl_c_and_a_cluster_goes_on(around: Cluster, tmp_path: Path) -> None:
    """In a terminal, Ctrl-C goes to the workers too; the command ends them in good order."""
    folder = a_class(tmp_path, {f"s{number}": f"{WAITS}\n# {number}\n" for number in range(6)})
    process = command.start("grade", ".", "--workers", "1", "--jobs", "2", cwd=folder)
    wait_for(lambda: len(list(folder.glob("results/*/toy.json"))) >= 2 or process.poll() is not None)
    below = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    ended = command.finish(process)
    assert ended.code == 130, ended
    assert "of 6 submissions are graded" in ended.err and SENTENCE in ended.err
    assert not psutil.wait_procs(below, timeout=30)[1]
    before = {path: path.stat().st_mtime_ns for path in folder.glob("results/*/toy.json")}
    assert 2 <= len(before) < 6
    assert {each.score for each in graded(folder, around).values()} == {20.0}
    assert {path: path.stat().st_mtime_ns for path in before} == before


def shadowed_version(folder: Path) -> Path:
    """A folder whose metadata say that another version of the autograder is installed."""
    toy.write(
        folder / "deep_learning_autograder-9.9.9.dist-info" / "METADATA",
        "Metadata-Version: 2.1\nName: deep-learning-autograder\nVersion: 9.9.9\n",
    )
    return folder


def test_who_differs_is_refused_by_name(around: Cluster, tmp_path: Path) -> None:
    """One that joins later gets no task; before a grading, each is named, and nothing is graded."""
    folder = a_class(tmp_path / "course", {"ada": toy.RIGHT, "bob": f"{toy.RIGHT}\n# mine\n"})
    other = toy.project(tmp_path / "other", toy.CHECKS.replace("2 * x", "4 * x"), hidden="")
    said: list[str] = []
    where = interface.Where(folder / "grading.yml", str(around.file), say=said.append)
    run = interface.recorded(a_plan(folder, load_policy(folder / "grading.yml")), None, where)
    first = next(run)
    try:
        around.start_worker("other-checks", "--config", str(other / "grading.yml"))
        wait_for(lambda: any("part.second" in sentence for sentence in said))
        assert [each.score for each in (first, *run)] == [20.0, 20.0]
        around.start_worker("other-version", PYTHONPATH=str(shadowed_version(tmp_path / "shadow")))
        wait_for(lambda: members(around) == 4)
        with pytest.raises(UsageError) as refused:
            graded(folder, around, "none")
        problems = sorted(refused.value.problems, key=len)
        assert len(problems) == 2
        assert all("the worker on" in each and "is refused" in each for each in problems)
        assert "it has version 9.9.9 of the autograder, and the client has" in problems[0]
        assert "its toy is not the client's: the checks part.second differ" in problems[1]
        assert not list((folder / "none").glob("*/*.json"))
    finally:
        for name in ("other-checks", "other-version"):
            if name in around.workers:
                end_all(around.workers.pop(name))


def workers_of(around: Cluster) -> dict[str, Any]:
    """What the scheduler says of its workers, by address."""
    with Client(around.address, set_as_default=False) as client:
        return client.scheduler_info()["workers"]


def members(around: Cluster) -> int:
    return len(workers_of(around))


def addresses(around: Cluster) -> list[str]:
    """Of the scheduler, the workers and their nannies."""
    return [around.address, *(each for at, worker in workers_of(around).items() for each in (at, worker["nanny"]))]


def endpoint(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("tls://").rpartition(":")
    return host, int(port)


def test_an_open_key_is_refused(around: Cluster, tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"ada": toy.RIGHT})
    around.key.chmod(0o644)
    try:
        with pytest.raises(UsageError, match=r"other users may read the key .*: chmod 600 "):
            graded(folder, around)
    finally:
        around.key.chmod(0o600)


ATTACK = (
    toy.RIGHT
    + """
import glob, os, socket

def attempt(what, harm):
    try:
        if harm() is not False:
            print(f"HARM: {what}", flush=True)
    except BaseException:
        pass

def reached(host, port):
    with socket.socket() as ours:
        ours.settimeout(2)
        ours.connect((host, port))

for path in TARGETS["files"]:
    attempt(f"{path} was read", lambda: open(path).read())
for host, port in TARGETS["ports"]:
    attempt(f"port {port} was reached", lambda: reached(host, port))
for pid in TARGETS["processes"]:
    attempt(f"the environment of {pid} was read", lambda: open(f"/proc/{pid}/environ").read())
    attempt(f"the memory of {pid} was opened", lambda: open(f"/proc/{pid}/mem", "rb").close())
    attempt(f"{pid} was killed", lambda: os.kill(pid, 0))
attempt("the environment names Dask", lambda: any("DASK" in name for name in os.environ))
attempt("Dask is connected", lambda: __import__("distributed").Client(TARGETS["address"], timeout=3))
"""
)


def test_student_code_reaches_neither_keys_nor_scheduler(around: Cluster, tmp_path: Path) -> None:
    wait_for(lambda: members(around) == 2)
    processes = [process for process in (around.scheduler, *around.workers.values()) if process]
    inside = [around.worker_process(name).pid for name in around.workers]
    targets = {
        "files": [str(around.key), str(around.key.parent / "ca.pem"), str(around.file), str(tmp_path / "grading.yml")],
        "ports": [endpoint(each) for each in addresses(around)],
        "processes": [*(process.pid for process in processes), *inside],
        "address": around.address,
    }
    folder = a_class(tmp_path, {"mallory": f"TARGETS = {targets!r}\n{ATTACK}"})
    result = graded(folder, around)["mallory"]
    assert result.score == 20.0, result.notes
    assert "HARM" not in result.output, result.output
    assert around.key.read_text() not in json.dumps(result.output)


ON_A_GPU = '''
from autograder import check

@check("part.first")
def _(student):
    """one() is 1"""
    assert student.one() == 1

@check("gpu.execution")
def _(gpu):
    """It runs on a GPU"""
    gpu.one()
'''


def test_checks_on_a_gpu_go_to_a_worker_that_has_one(around: Cluster, tmp_path: Path) -> None:
    """The worker says that it has a GPU; that its framework finds none shows where the check was run."""
    folder = toy.project(tmp_path, ON_A_GPU, {"part": {"first": 5.0}, "gpu": {"execution": 5.0}}, hidden="")
    for name in ("ada", "bob"):
        toy.write(folder / "submitted" / name / "toy" / "toy.py", f"{toy.RIGHT}\n# {name}\n")
    without = graded(folder, around, "without")
    assert {each.checks[1].saw for each in without.values()} == {
        "needs a GPU; there is none here. This costs you no points"
    }
    around.start_worker("with-gpu", CUDA_VISIBLE_DEVICES="0")
    try:
        wait_for(lambda: members(around) == 3)
        found = graded(folder, around, "with")
    finally:
        end_all(around.workers.pop("with-gpu"))
    assert {each.score for each in found.values()} == {5.0}
    assert {each.checks[1].saw for each in found.values()} == {"needs a GPU; torch finds none here"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--cluster", "tcp://127.0.0.1:1"], "--cluster tcp://127.0.0.1:1: no scheduler answers there"),
        (["--cluster", "tcp://127.0.0.1:1", "--workers", "2"], "leave out --workers"),
        (["--cluster", "tcp://127.0.0.1:1", "--jobs", "1"], "how many --jobs they do: leave it out"),
    ],
)
def test_what_cannot_be_used(without_workers: Cluster, tmp_path: Path, words: Sequence[str], sentence: str) -> None:
    # Dask refuses an address without TLS at once.
    ended = command.run("grade", ".", *words, cwd=a_class(tmp_path), **without_workers.environment)
    assert ended.code == 2, ended
    assert sentence in ended.err
