"""A SLURM cluster of one node on this machine, and a class graded on it: `python -m tests.cluster.slurm`, as root on Debian.

It makes a controller and a node of Debian's `slurm-wlm` and `munge` in a folder of their own, submits
`deploy/slurm/grade.sbatch`, and compares the results with those of one process.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograder.results.form import read
from tests import command, debian, toy
from tests.catalogue import ROOT

PACKAGES = ("slurm-wlm", "munge")
PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "srun")
SECONDS = 300.0
STUDENTS = 8
CONFIGURATION = """
ClusterName=autograder
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={place}/munge.sock
SlurmctldPort={port}
SlurmdPort={node_port}
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
SwitchType=switch/none
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def main() -> int:
    if os.geteuid() == 0 and not all(map(shutil.which, PROGRAMS)):
        debian.install(*PACKAGES)
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        print(f"SLURM is not here: {', '.join(missing)}. As root on Debian, this installs {' and '.join(PACKAGES)}.")
        return 2
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o711)
        folder = toy.project(place / "class", hidden="")
        for number in range(STUDENTS):
            wrong = toy.RIGHT.replace("2 * x", "3 * x") if number % 2 else toy.RIGHT
            toy.write(folder / "submitted" / f"s{number}" / "toy" / "toy.py", f"{wrong}\n# {number}\n")
        ended = command.run("grade", ".", "--seed", "7", "--results", "here", cwd=folder)
        assert ended.code == 0, ended
        with cluster(place) as environment:
            _call(["sinfo"], environment, folder)
            words = ["sbatch", "--wait", "--nodes", "1", "--cpus-per-task", "2", ROOT / "deploy/slurm/grade.sbatch"]
            submitted = _call([*words, ".", "--seed", "7", "--results", "there"], environment, folder)
        for log in folder.glob("autograder-*.log"):
            print(log.read_text())
        assert submitted == 0, f"sbatch ended with {submitted}"
        here, there = (_statuses(folder / results) for results in ("here", "there"))
        assert here == there and len(there) == STUDENTS, (here, there)
        print(f"{STUDENTS} submissions were graded by SLURM as by one process.")
    return 0


@contextmanager
def cluster(place: Path) -> Iterator[dict[str, str]]:
    """A controller and a node; the environment in which SLURM's commands find them."""
    host = socket.gethostname().partition(".")[0]
    ports = {"port": _free_port(), "node_port": _free_port()}
    for folder in ("state", "spool"):
        (place / folder).mkdir()
    text = CONFIGURATION.format(host=host, place=place, cores=os.cpu_count(), **ports)
    (place / "slurm.conf").write_text(text)
    (place / "munge.key").write_bytes(os.urandom(1024))
    (place / "munge.key").chmod(0o400)
    environment = {
        **command.environment(),
        "SLURM_CONF": str(place / "slurm.conf"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AUTOGRADER_SHARED": str(place / "class"),
    }
    munge = ["munged", "--foreground", "--force", f"--socket={place}/munge.sock", f"--key-file={place}/munge.key"]
    munge += [f"--pid-file={place}/munge.pid", f"--seed-file={place}/munge.seed", f"--log-file={place}/munge.log"]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for words in (munge, ["slurmctld", "-D", "-i"], ["slurmd", "-D", "-N", host]):
            log = (place / f"{words[0]}.out").open("wb")
            started.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log))
            time.sleep(1.0)
        until = time.monotonic() + 60
        while subprocess.run(["scontrol", "ping"], env=environment, capture_output=True).returncode:
            assert time.monotonic() < until, _logs(place)
            time.sleep(0.5)
        yield environment
    except BaseException:
        print(_logs(place))
        raise
    finally:
        for process in reversed(started):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _call(words: Sequence[str | Path], environment: dict[str, str], folder: Path) -> int:
    return subprocess.run(words, env=environment, cwd=folder, timeout=SECONDS, check=False).returncode


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _statuses(results: Path) -> dict[str, list[tuple[str, str, float]]]:
    found = [read(path) for path in sorted(results.glob("*/*.json"))]
    return {each.student: [(check.id, check.status, check.points) for check in each.checks] for each in found}


def _logs(place: Path) -> str:
    return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}" for path in place.glob("*.[lo]*"))


if __name__ == "__main__":
    sys.exit(main())
