"""Grade one attack and report what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.integrations import csv, moodle
from autograder.reports import markdown, terminal
from autograder.reports.pages import submission
from autograder.results.form import Result, encode
from tests import catalogue
from tests.attacks.corpus import Attack
from tests.attacks.world import World, world

# Escape sequences for colours count too: the output here has no colours.
_ESCAPES = ("\x1b", "\x9b", "\x07", "\u202e")
_OF_THE_CHECKS = '@check("'


def tried(attack: Attack, zygotes: Zygotes, until: Callable[[], object] = lambda: None) -> list[str]:
    """What the attack gained or damaged; empty if all is well. `until` waits for the submissions graded beside it."""
    with world() as around:
        job = grader.Job(attack.using(), catalogue.SEED, zygotes.of, only=attack.only)
        zygote = zygotes.of(attack.framework)
        known = {**around.targets, "view": int(zygote is not None and "view" in zygote.layers)}
        result = grader.grade(attack.submission(known), job)
        until()
        return [*_gained(attack, result), *_learned(result, around), *_shown(result), *around.harm()]


def _gained(attack: Attack, result: Result) -> list[str]:
    found: list[str] = []
    if result.score is None:
        found.append(f"it has no score: {result.notes}")
    for check in result.checks:
        if check.status == "passed" and check.id not in attack.keeps:
            found.append(f"{check.id} passed")
        if check.status != "passed" and check.id in attack.keeps:
            found.append(f"{check.id} is lost: {check.tried}; {check.saw}; {check.expected}")
    return found


def _learned(result: Result, around: World) -> list[str]:
    written = encode(result).decode()
    found = [line for line in result.output.splitlines() if line.startswith("HARM: ")]
    if around.secret in written:
        found.append("the secret stands in the result")
    if _OF_THE_CHECKS in json.loads(written)["output"]:
        found.append("a check stands in the result")
    return found


def _shown(result: Result) -> list[str]:
    """Text from the student that the reader's program would interpret as its own markup."""
    shown = {
        "the terminal": terminal.plain(result, show_output=True),
        "the page": submission.for_instructors(result),
        "the table": csv.encode([result]).decode(),
        "Moodle's table": moodle.encode([result]).decode(),
        "Markdown": markdown.whole([result]),
    }
    found = [f"{escape!r} in {where}" for where, text in shown.items() for escape in _ESCAPES if escape in text]
    tags = ("<script>alert", "<img src=x", "<b>**bold")
    found += [f"{tag} in {where}" for where in ("the page", "Moodle's table") for tag in tags if tag in shown[where]]
    # What the student printed stands in a block of its own, whose text is only shown.
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", shown["Markdown"], flags=re.DOTALL | re.MULTILINE)
    found += [f"{sign} in Markdown" for sign in ("@everyone", "](https", "<img src=x") if sign in outside]
    for start in ("::set-output", "::error", "##vso["):
        if any(line.startswith(start) for line in shown["the terminal"].splitlines()):
            found.append(f"{start} at the start of a line in the terminal")
    return found
