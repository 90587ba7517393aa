"""What a known mistake costs beyond its own part: `python -m benchmarks.collateral` writes `docs/fair-points.md`.

python -m benchmarks.collateral [--record NAME] [--grade [EXERCISE ...]]

A mistake may fail the check that it names and those of its `also_fails`; the tests hold it to that. What needs one of
these checks is skipped. So the points of all these checks in other parts are the most that a mistake can lose there.
Many checks of `also_fails` fail only with some seeds: `--grade` grades the mistakes that may lose more than the goal,
with one seed, and counts what they lost. `before` and what was graded are kept in `benchmarks/collateral.json`;
`--record` replaces an entry of that file by what the checks and mistakes of today give.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.authoring.catalogue import Mistake
from autograder.authoring.exercise import Exercise
from autograder.execution.zygote_client import Zygotes
from autograder.results.files import write_whole
from tests import catalogue
from tests.catalogue import ROOT

TARGET = ROOT / "docs" / "fair-points.md"
RECORDS = Path(__file__).with_suffix(".json")
GRADED = "graded"
"""The entry of the records with the checks that mistakes failed when they were graded."""
FAIR = 2.0
"""Points that a mistake may lose in other parts."""


@dataclass(frozen=True)
class Cost:
    """A mistake, and the points that it loses in other parts than its own."""

    exercise: str
    framework: str
    mistake: str
    fails: str
    lost: float
    failed: list[str]
    """Checks of other parts that fail too."""
    skipped: list[str]
    """Checks of other parts that are not asked."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", metavar="NAME", help="keep the costs of today under this name")
    parser.add_argument(
        "--grade",
        nargs="*",
        metavar="EXERCISE",
        help="grade what may lose more than the goal, in all or these exercises",
    )
    asked = parser.parse_args()
    records = _records()
    if asked.grade is not None:
        records[GRADED] = _graded(records, asked.grade or catalogue.names())
        _keep(records)
    now = costs()
    if asked.record:
        records[asked.record] = [asdict(each) for each in now]
        _keep(records)
    before = [Cost(**each) for each in records.get("before", [])]
    write_whole(TARGET, page(before, now).encode())
    TARGET.chmod(0o644)


def _records() -> dict[str, list[dict[str, Any]]]:
    return json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.is_file() else {}


def _keep(records: Mapping[str, Iterable[object]]) -> None:
    lines = (f'"{name}": [\n' + ",\n".join(map(_line, rows)) + "\n]" for name, rows in records.items())
    RECORDS.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def _line(row: object) -> str:
    return json.dumps(row, ensure_ascii=False)


def _graded(records: Mapping[str, Sequence[dict[str, Any]]], names: Sequence[str]) -> list[dict[str, Any]]:
    """What the mistakes of these exercises failed that may lose more than the goal; and the records of the others."""
    rows = [row for row in records.get(GRADED, []) if row["exercise"] not in names]
    with Zygotes() as zygotes:
        for name in names:
            for mistake in catalogue.mistakes(name):
                if cost(catalogue.load(name), mistake).lost > FAIR:
                    result = catalogue.grade(zygotes, name, mistake.framework, mistake.source())
                    failed = [check.id for check in result.checks if check.status == "failed"]
                    rows.append({**_key(mistake), "failed": failed})
    return rows


def _key(mistake: Mistake) -> dict[str, str]:
    return {"exercise": mistake.exercise, "framework": mistake.framework, "mistake": mistake.title}


def costs() -> list[Cost]:
    """What each known mistake of every exercise loses in other parts: as graded, or at most."""
    graded = _records().get(GRADED, [])

    def failed(mistake: Mistake) -> list[str] | None:
        return next((row["failed"] for row in graded if row.items() >= _key(mistake).items()), None)

    return [
        cost(catalogue.load(name), mistake, failed(mistake))
        for name in catalogue.names()
        for mistake in catalogue.mistakes(name)
    ]


def cost(exercise: Exercise, mistake: Mistake, graded: Iterable[str] | None = None) -> Cost:
    """The points of the checks of other parts that the mistake fails, and of those that are skipped then.

    `graded`: the checks that it failed when it was graded; otherwise all those that it may fail.
    """
    points, part = exercise.policy.check_points(), mistake.fails.partition(".")[0]
    failed = {mistake.fails, *mistake.also_fails}
    if graded is not None:
        failed &= {mistake.fails, *graded}
    lost = set(failed)
    for check in exercise.ordered():
        if lost & set(check.needs):
            lost.add(check.id)
    others = [check.id for check in exercise.checks if check.id in lost and check.part != part and points[check.id]]
    return Cost(
        exercise.name,
        mistake.framework,
        mistake.title,
        mistake.fails,
        sum(points[id] for id in others),
        [id for id in others if id in failed],
        [id for id in others if id not in failed],
    )


def fair_share(found: Sequence[Cost]) -> float:
    """The share, from 0 to 1, of the mistakes that lose at most `FAIR` points in other parts."""
    return sum(each.lost <= FAIR for each in found) / len(found)


def page(before: Sequence[Cost], now: Sequence[Cost]) -> str:
    """The page in Markdown."""
    return "\n".join([*_summary(before, now), *_worst("before", before), *_worst("now", now)]) + "\n"


def _summary(before: Sequence[Cost], now: Sequence[Cost]) -> Iterator[str]:
    yield f"""\
# Fair points

Made by `python -m benchmarks.collateral` from the checks and the known mistakes.

A mistake should cost the points of its own part, and no others. Each known mistake names the check that it must fail,
and in `also_fails` the others that it may fail; the tests grade it and accept no other failure. A check that needs one
of these is skipped. The figures are the points, of 20, of all these checks in *other parts* than that of the check which
the mistake names: the most that the mistake can lose there. Mistakes that may lose more than {FAIR:g} points were graded,
with one seed, and count with what they lost. The goal is at most {FAIR:g} points for 90 % of the mistakes.

*Before* is the state in which many checks needed checks of other parts.

| exercise | mistakes | mean before | mean now | at most {FAIR:g} before | at most {FAIR:g} now |
|---|---|---|---|---|---|"""
    for name in dict.fromkeys(each.exercise for each in now):
        yield _row(f"`{name}`", (each for each in before if each.exercise == name), now, name)
    yield _row("all", before, now)


def _row(title: str, before: Iterable[Cost], now: Sequence[Cost], name: str = "") -> str:
    then, here = list(before), [each for each in now if not name or each.exercise == name]
    cells = (f"{statistics.mean(each.lost for each in found):.2f}" if found else "" for found in (then, here))
    shares = (f"{fair_share(found):.0%}" if found else "" for found in (then, here))
    return f"| {title} | {len(here)} | {' | '.join((*cells, *shares))} |"


def _worst(when: str, found: Sequence[Cost]) -> Iterator[str]:
    yield f"""
## The ten worst {when}

| points | exercise | framework | mistake | its check | fail too | skipped |
|---|---|---|---|---|---|---|"""
    for each in sorted(found, key=lambda each: -each.lost)[:10]:
        ids = (", ".join(f"`{id}`" for id in checks) for checks in (each.failed, each.skipped))
        title = each.mistake.replace("|", r"\|")
        cells = (f"{each.lost:g}", f"`{each.exercise}`", each.framework, title, f"`{each.fails}`", *ids)
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
