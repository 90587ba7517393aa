"""The pages while another process grades."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from autograder.results.latest import latest
from tests import command, toy
from tests.serving import running


def test_a_class_is_graded_while_others_look_and_decide(tmp_path: Path) -> None:
    toy.project(tmp_path, hidden="")
    students = [f"student{number}" for number in range(4)]
    for student in students:
        toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", toy.RIGHT)
    (tmp_path / "results").mkdir()
    problems: list[str] = []
    seen_running = threading.Event()
    with running.server(tmp_path) as server:
        grading = command.start("grade", ".", cwd=tmp_path)

        def look() -> None:
            while grading.poll() is None:
                for path in ("index.html", "index.html?live=0", f"{students[0]}/toy.html", "regrading.html?live=none"):
                    answer = server.inside(path)
                    if answer.status not in (200, 404):
                        problems.append(f"{path}: {answer}")
                    if "Running: " in answer.body and "student" in answer.body:
                        seen_running.set()
                time.sleep(0.1)

        visitors = [threading.Thread(target=look) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        decided = 0
        while grading.poll() is None and decided < len(students):
            comment = {"action": "decide", "kind": "comment", "comment": "well done"}
            decided += server.inside(f"{students[decided]}/toy.html", comment).status == 303
            time.sleep(0.1)
        for visitor in visitors:
            visitor.join()
        ended = command.finish(grading)
        assert ended.code == 0 and problems == [], (ended, problems)
        assert seen_running.is_set()
    found = latest(tmp_path / "results")
    assert [each.student for each in found] == students
    assert all(each.final and each.final.score == 20 for each in found)
    commented = [each for each in found if each.final and any(line.kind == "comment" for line in each.final.lines)]
    assert len(commented) == decided
