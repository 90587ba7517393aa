"""The corpus: what each attack tries, and which points it may keep. `corpus/` contains one submission per attack.

`python -m tests.attacks.corpus` writes the table of `docs/attacks.md`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from autograder.authoring.exercise import Exercise
from autograder.course import submission
from autograder.course.submission import Code, Submission
from autograder.worker.names import FrameworkName
from tests import catalogue

FOLDER = Path(__file__).parent / "corpus"
_HEAD = re.compile(r"^# (?P<key>\w+): (?P<value>.+)$")
_FIRST = "xor"
_KEYS = {"tries", "exercise", "framework", "checks", "keeps", "seconds", "all_seconds", "bound", "rare", "repeats"}
_REPEATED = {".py": "REPEATED", ".ipynb": '"REPEATED",'}
"""In files of these kinds, what stands for the head `repeats`: a text, and how many times, as in `'x' * 1_000`."""


@dataclass(frozen=True)
class Attack:
    """One submission that does not solve its exercise."""

    path: Path
    tries: str
    exercise: str
    framework: FrameworkName
    keeps: frozenset[str]
    """Ids of the checks that it solves honestly and must pass; all others must not pass."""
    only: tuple[str, ...]
    """Ids of the checks that are run."""
    check_seconds: float
    seconds: float | None
    """CPU seconds for all checks together; by default the exercise's."""
    rare: bool
    """Only `make attacks` runs it."""
    bound: str
    """How far the limit that it attacks may be exceeded; the attack itself says so if it got further."""
    repeats: str
    """What the word `REPEATED` stands for in the file; empty if it is as it stands."""

    def __str__(self) -> str:
        # Attacks on the first exercise are named after their file only.
        return "-".join([self.path.stem, *([self.exercise] if self.exercise != _FIRST else []), self.framework])

    def submission(self, targets: dict[str, str | int]) -> Submission:
        """The submission, preceded by cells with what an attacker could know about the environment.

        A file that the grader refuses to read stays as it is.
        """
        found = submission.of_content(self.path, self._content(), "attacker", self.exercise)
        if found.notes and not found.cells:
            return found
        known = {**targets, "contract": catalogue.contract(self.exercise)}
        prelude = (FOLDER / "_prelude.py").read_text(encoding="utf-8")
        before: list[Code] = [
            ("targets", f"FRAMEWORK = {self.framework!r}\nTARGETS = {json.dumps(known)}"),
            ("prelude", prelude),
        ]
        return replace(found, framework=self.framework, cells=(*before, *found.cells), notes=())

    def _content(self) -> bytes:
        content = self.path.read_bytes()
        if not self.repeats:
            return content
        piece, _, times = self.repeats.rpartition(" * ")
        repeated = str(ast.literal_eval(piece)) * int(times)
        head, _, tail = content.decode().rpartition(_REPEATED[self.path.suffix])
        return f"{head}{repeated}{tail}".encode()

    def using(self) -> Exercise:
        """The exercise with limits that an attack reaches quickly."""
        found = catalogue.load(self.exercise)
        changes = {"check_seconds": self.check_seconds, "memory_mb": 400}
        limits = found.policy.limits.model_copy(update=changes | ({"seconds": self.seconds} if self.seconds else {}))
        return replace(found, policy=found.policy.model_copy(update={"limits": limits}))


def attacks() -> Iterator[Attack]:
    """Every file, once for each framework that it names. Raises `ValueError` for unknown keys in its head."""
    for path in sorted(FOLDER.glob("[!_]*")):
        head = _head(path)
        if unknown := set(head) - _KEYS:
            raise ValueError(f"{path.name} has heads that nobody reads: {', '.join(unknown)}")
        exercises = _listed(head.get("exercise", _FIRST))
        keeps = frozenset(_listed(head.get("keeps", "")))
        if strange := keeps - {id for exercise in exercises for id in _ids(exercise)}:
            raise ValueError(f"{path.name} keeps {', '.join(strange)}, which {' and '.join(exercises)} does not have")
        asked = head.get("checks", "exact")
        for exercise in exercises:
            ids = _ids(exercise)
            only = ids if asked == "all" else catalogue.exact_checks(exercise) if asked == "exact" else _listed(asked)
            for framework in _listed(head.get("framework", "torch")):
                yield Attack(
                    path,
                    head["tries"],
                    exercise,
                    cast(FrameworkName, framework),
                    keeps & set(ids),
                    tuple(only),
                    float(head.get("seconds", "5")),
                    float(head["all_seconds"]) if "all_seconds" in head else None,
                    framework in _listed(head.get("rare", "")),
                    head.get("bound", ""),
                    head.get("repeats", ""),
                )


def _ids(exercise: str) -> list[str]:
    return [check.id for check in catalogue.load(exercise).checks]


def _head(path: Path) -> dict[str, str]:
    """The comment lines at the top of a file, or at the top of a notebook's first cell."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "".join(json.loads(text)["cells"][0]["source"])
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not (head := _HEAD.match(line)):
            break
        found[head["key"]] = head["value"]
    return found


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


PAGE = catalogue.ROOT / "docs" / "attacks.md"
_START = "<!-- made by `python -m tests.attacks.corpus` -->"


def page(text: str) -> str:
    """The page with its table, generated from the files."""
    lines = ["| attack | tries to | exercise | frameworks | keeps | bound |", "|---|---|---|---|---|---|"]
    of_file: dict[Path, list[Attack]] = {}
    for attack in attacks():
        of_file.setdefault(attack.path, []).append(attack)
    for path, made in of_file.items():
        keeps = ", ".join(f"`{id}`" for id in sorted({id for attack in made for id in attack.keeps}))
        exercises, frameworks = (
            ", ".join(dict.fromkeys(names))
            for names in ([attack.exercise for attack in made], [attack.framework for attack in made])
        )
        tries = made[0].tries.replace("|", chr(92) + "|")
        lines.append(f"| `{path.name}` | {tries} | {exercises} | {frameworks} | {keeps} | {made[0].bound} |")
    return text.partition(_START)[0] + _START + "\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
