"""What the server's processes do: regrade, and bring the folder of results up to date, as the commands do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from autograder.course.grading_file import load_policy
from autograder.decisions import folder, regrade
from autograder.errors import GraderError, UsageError
from autograder.grading.regrade import Regraded
from autograder.results.history.record import History
from autograder.serving.work import Refresh, Regrade, Said


def carry_out(order: Regrade | Refresh, say: Callable[[Said], None]) -> None:
    """Carry out an order; `say` is called with how far it is, and at last with how it ended."""
    try:
        say(_regrade(order, say) if isinstance(order, Regrade) else _refresh(order))
    except UsageError as problem:
        say(Said(problem=" ".join(problem.problems), ended=True))
    except (GraderError, OSError) as problem:
        say(Said(problem=str(problem), ended=True))
    except KeyboardInterrupt:
        say(Said(ended=True))


def _regrade(order: Regrade, say: Callable[[Said], None]) -> Said:
    asked = regrade.Asked(
        policy=load_policy(Path(order.config)),
        exercise=order.exercise,
        student=order.student,
        checks=order.checks,
        jobs=order.jobs,
        allow_weak=order.allow_weak,
    )
    with History.existing(order.results, order.history) as history:
        found = regrade.find(history, asked)
        said = Said(total=len(found.gradings))
        say(said)

        def done(one: Regraded) -> None:
            nonlocal said
            said = Said(
                done=said.done + 1,
                total=said.total,
                ran=said.ran + len(one.ran),
                lacking=said.lacking + one.lacking,
            )
            say(said)

        regrade.run(history, asked, found, done)
        return structs.replace(said, ended=True)


def _refresh(order: Refresh) -> Said:
    folder.refresh(Path(order.results), load_policy(Path(order.config)), order.history)
    return Said(ended=True)
