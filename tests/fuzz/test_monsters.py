"""Files of full size that are made to cost the grader time or memory are read or refused within bounds."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalogue import ROOT
from tests.fuzz.monsters import NOTEBOOKS, SCRIPTS, drawn_monster

CPU_SECONDS = 2.0
"""Of this process, for one file, on the usual machine. Measured: at most 1.1 s (blank lines), 1.3 s on a busy one."""
CPU_SECONDS_OF_THE_READER = 3.0
"""Of the process that reads a large notebook: its own limit is 2 s, to which the start of Python and the kernel's
granularity are added.
"""


@pytest.mark.slow
def test_no_file_costs_the_grader_much() -> None:
    """They are read one after the other by a process whose limit on memory a single larger one would exceed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.monsters"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-2_000:]
    assert len(told) == len(SCRIPTS) + len(NOTEBOOKS)
    dear = [each for each in told if each["own"] > CPU_SECONDS or each["children"] > CPU_SECONDS_OF_THE_READER]
    assert not dear


def test_a_monster_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    rng = random.Random(1)
    for monster in (*SCRIPTS, *NOTEBOOKS, *(drawn_monster(rng) for _ in range(50))):
        size = monster.write(tmp_path, 2_000_000).stat().st_size
        assert 0 <= 2_000_000 - size < len(monster.piece) or not monster.piece
