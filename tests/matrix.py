"""`make matrix`: every mistake against every check, and 20 seeds of every reference and variant; writes `docs/matrix/`.

python -m tests.matrix [EXERCISE…] [--seeds N] [--variant-seeds N] [--no-mistakes] [--jobs N]
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from autograder.authoring.catalogue import Mistake
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.worker.names import FrameworkName
from tests import catalogue
from tests.catalogue import ROOT

FOLDER = ROOT / "docs" / "matrix"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--variant-seeds", type=int, help="fewer seeds for the variants; default: as --seeds")
    parser.add_argument("--mistakes", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    of_variants = asked.seeds if asked.variant_seeds is None else asked.variant_seeds
    wrong = 0
    with Zygotes() as zygotes, ThreadPoolExecutor(asked.jobs) as pool:
        for name in asked.exercises or catalogue.names():
            right = right_programs(name, asked.seeds, of_variants, zygotes, pool)
            # The page is also written before the mistakes, so that an interruption costs only half of the hours.
            problems = write(name, right, [])
            if asked.mistakes:
                problems = with_mistakes(name, right, zygotes, pool)
            print(f"{name}: {len(problems)} problems")
            print("\n".join(problems))
            wrong += len(problems)
    return 1 if wrong else 0


Program = tuple[FrameworkName, str]


def with_mistakes(
    name: str, right: dict[Program, list[Result]], zygotes: Zygotes, pool: ThreadPoolExecutor
) -> list[str]:
    """Write the page with the mistakes; returns the problems, also those in `mistakes.yml`."""
    try:
        return write(name, right, known_mistakes(name, zygotes, pool))
    except UsageError as problem:
        return list(problem.problems)


def right_programs(
    name: str, seeds: int, of_variants: int, zygotes: Zygotes, pool: ThreadPoolExecutor
) -> dict[Program, list[Result]]:
    """Reference and variants, seed by seed."""
    runs: dict[Program, tuple[str, int]] = {}
    for framework in catalogue.frameworks(name):
        runs[framework, "reference"] = catalogue.reference_source(name, framework), seeds
        for variant, source in catalogue.variants(name, framework).items():
            runs[framework, variant] = source, of_variants
    waiting = {
        program: [pool.submit(catalogue.grade, zygotes, name, program[0], source, seed=seed) for seed in range(count)]
        for program, (source, count) in runs.items()
        if count
    }
    return {program: [each.result() for each in results] for program, results in waiting.items()}


def known_mistakes(name: str, zygotes: Zygotes, pool: ThreadPoolExecutor) -> list[tuple[Mistake, Result]]:
    """Every mistake against every check."""
    found = catalogue.mistakes(name)
    waiting = [pool.submit(catalogue.grade, zygotes, name, each.framework, each.source()) for each in found]
    return [(mistake, each.result()) for mistake, each in zip(found, waiting, strict=True)]


def write(name: str, right: dict[Program, list[Result]], mistakes: Sequence[tuple[Mistake, Result]]) -> list[str]:
    """Write the page; returns the problems."""
    page, problems = written(name, right, mistakes)
    write_whole(FOLDER / f"{name}.md", page.encode())
    (FOLDER / f"{name}.md").chmod(0o644)
    return problems


def written(
    name: str, right: dict[Program, list[Result]], mistakes: Sequence[tuple[Mistake, Result]]
) -> tuple[str, list[str]]:
    """The page and the problems."""
    problems: list[str] = []
    lines = [
        f"# The matrix of `{name}`",
        "",
        f"Made by `python -m tests.matrix` on {datetime.now(UTC):%Y-%m-%d}.",
        f"Versions: {_versions(right)}.",
        "",
        "## Right programs",
        "",
        "| framework | program | seeds with full marks | seconds, median |",
        "|---|---|---|---|",
    ]
    for (framework, program), results in right.items():
        full = [result for result in results if result.score == result.maximum]
        seconds = statistics.median(result.seconds for result in results)
        lines.append(f"| {framework} | {program} | {len(full)} of {len(results)} | {seconds:.1f} |")
        for result in results:
            if result.score != result.maximum:
                problems.append(f"{framework} {program}, seed {result.seed}: {catalogue.not_passed(result)}")
    lines += _samples(name, right)
    lines += ["", "## Distance of right programs from the bounds", "", *_margins(right)]
    lines += ["", "## Known mistakes", ""]
    if mistakes:
        lines += ["| framework | mistake | fails | also fails | points left |", "|---|---|---|---|---|"]
    else:
        lines += [
            "The mistakes were not run against all checks this time. "
            "The tests run each mistake against the check that it names."
        ]
    for mistake, result in mistakes:
        also = [check.id for check in result.checks if check.status == "failed" and check.id != mistake.fails]
        lines.append(
            f"| {mistake.framework} | {mistake.title} | `{mistake.fails}` | {', '.join(f'`{id}`' for id in also)} "
            f"| {result.score:g} of {result.maximum:g} |"
        )
        problems += [f"{mistake.framework} {mistake.title}: {each}" for each in catalogue.complaints(mistake, result)]
    return "\n".join(lines) + "\n", problems


def _samples(name: str, right: dict[Program, list[Result]]) -> Iterable[str]:
    """The grader's pictures of each reference with the first seed; they are saved in a folder beside the page."""
    firsts = {framework: right[framework, "reference"][0] for framework in catalogue.frameworks(name)}
    drawn = [
        (framework, check.id, picture)
        for framework, result in firsts.items()
        for check in result.checks
        for picture in check.pictures
    ]
    if not drawn:
        return
    yield from ("", "## Samples from the references", "")
    yield f"The grader drew these pictures from the answers of each reference, seed {next(iter(firsts.values())).seed}."
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    for number, (framework, id, picture) in enumerate(drawn):
        path = FOLDER / name / f"{framework}-{number}.png"
        path.write_bytes(picture.png)
        alt = f"{framework}, {id}: {picture.title}"
        yield from ("", f"**{framework}**, `{id}`: {picture.title}", "", f"![{alt}]({name}/{path.name})")


def _margins(right: dict[Program, list[Result]]) -> Iterable[str]:
    """Mean, minimum and maximum over all seeds of every number that a check compared with a bound."""
    seen: dict[tuple[str, str, str, str, float], list[float]] = defaultdict(list)
    for (framework, program), results in right.items():
        kind = "reference" if program == "reference" else "variants"
        for result in results:
            for check in result.checks:
                for each in check.measured:
                    # A table cell may contain |x|.
                    what = f"{each.what.rstrip(',')}, {each.wanted}".replace("|", r"\|")
                    seen[check.id, framework, kind, what, each.bound].append(each.value)
    # A bound that is drawn separately for each seed cannot be summarised over seeds.
    steady = {key: values for key, values in seen.items() if len(values) >= 2}
    if not steady:
        return ["No check compares a measured number with a fixed bound."]
    rows = [
        f"| `{id}` | {framework} | {kind} | {what} {bound:g} | {statistics.mean(values):.3g} "
        f"| {min(values):.3g} | {max(values):.3g} | {len(values)} |"
        for (id, framework, kind, what, bound), values in sorted(steady.items())
    ]
    return [
        "| check | framework | programs | bound | mean | min | max | n |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def _versions(right: dict[Program, list[Result]]) -> str:
    versions: dict[str, str] = {}
    for results in right.values():
        versions |= results[0].versions
    return ", ".join(f"{package} {number}" for package, number in versions.items())


if __name__ == "__main__":
    raise SystemExit(main())
