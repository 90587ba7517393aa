"""`History`: every grading of every submission, and which of them counts."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from msgspec import structs
from sqlalchemy import Row, Select, and_, delete, func, select, update

from autograder.errors import UsageError
from autograder.results.files import (
    discard,
    put,
    result_path,
    results_in,
    sync,
    write_all_whole,
    write_beside,
    write_whole,
)
from autograder.results.form import Result, decode, encode, read
from autograder.results.history import database, statements
from autograder.results.history.gradings import Grading, New, Run, grading_of, now, row_of
from autograder.results.history.tables import Content, Entry, Forgotten, GradingRow


class History:
    """The record of all gradings in a folder of results, created if there is none. A context manager. Thread-safe.

    `url`: the database; by default, `history.sqlite` in the folder. Results in the folder that the record does not have
    yet are taken in. Raises `UsageError` if the database cannot be used, and every method too.
    """

    def __init__(self, results: Path | str = "results", url: str | None = None) -> None:
        self.results = Path(results)
        self._url = database.url_of(self.results, url)
        self._engine = database.connect(self._url)
        self._meet_the_files()

    @classmethod
    def existing(cls, results: Path | str = "results", url: str | None = None) -> History:
        """The same, but raises `UsageError` if nothing has been recorded there."""
        made = database.url_of(Path(results), url)
        if not database.exists(made):
            raise UsageError(f"{made.database} does not exist: `autograder grade` begins the record of gradings")
        return cls(results, url)

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def gradings(self, student: str | None = None, exercise: str | None = None) -> list[Grading]:
        """All gradings, the oldest first, also those that do not count (any more)."""
        return self._those(statements.ALL.where(*statements.of(student, exercise)))

    def runs(self, student: str | None = None, exercise: str | None = None) -> dict[tuple[str, str], list[Run]]:
        """Of each student and exercise all gradings, the oldest first, without their checks."""
        row = GradingRow
        columns = (row.id, row.attempt, row.kind, row.graded, row.score, row.maximum, Entry.current == row.id)
        decision = (row.source, row.basis, row.author, row.reason, row.decided)
        query = select(Entry.student, Entry.exercise, *columns, *decision).join(row, Entry.id == row.entry)
        query = query.where(*statements.of(student, exercise))
        found: dict[tuple[str, str], list[Run]] = {}
        with database.reading(self._engine) as session:
            rows = cast(Iterable[tuple[Any, ...]], session.execute(query.order_by(row.id)))
            for whose, name, *values in rows:
                found.setdefault((whose, name), []).append(Run(*values))
        return found

    def contents(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The graded files with these SHA-256s, as far as the record has them."""
        found: dict[str, bytes] = {}
        with database.reading(self._engine) as session:
            for some in statements.batches(sorted(set(digests))):
                query = select(Content.digest, Content.compressed).where(Content.digest.in_(some))
                found |= {digest: zlib.decompress(compressed) for digest, compressed in session.execute(query)}
        return found

    def latest(self, student: str | None = None, exercise: str | None = None) -> list[Grading]:
        """The gradings that count, one for each student and exercise."""
        return self._those(statements.CURRENT.where(*statements.of(student, exercise)))

    def grading(self, run: int) -> Grading:
        """The grading with that number. Raises `UsageError` if there is none."""
        found = self._those(statements.ALL.where(GradingRow.id == run))
        if not found:
            raise UsageError(f"There is no run {run} in {self}; `autograder history` lists the runs")
        return found[0]

    def source_of(self, grading: Grading) -> bytes:
        """The file that was graded. Raises `UsageError` if the record does not have it."""
        content = self.contents([grading.source]).get(grading.source) if grading.source else None
        if content is None:
            raise UsageError(
                f"{self} does not have the file of run {grading.run}: the result was there before the record"
            )
        return content

    def record(self, new: New) -> int:
        """Record a grading, which counts from now on, and write its JSON file. Returns its number."""
        (run,) = self.record_all([new])
        return run

    def record_all(self, those: Sequence[New], counts: bool = True, files: bool = True) -> list[int]:
        """Record many gradings at once: all of them or, if that fails, none. Returns their numbers.

        `counts`: they count from now on. `files`: write their JSON files; otherwise `settle` does, or whoever opens the
        record next. Left out are a rescore of a grading that does not count any more, and a file that was found where
        another process has recorded a grading by now.
        """
        with database.writing(self._engine) as session:
            there = statements.add_contents(session, those)
            entries = statements.entries(session, {_name(new.result) for new in those})
            those = [new for new in those if _fits(new, entries[_name(new.result)])]
            ids = [entries[_name(new.result)].id for new in those]
            attempts = statements.Attempts(session, set(ids))
            rows = [
                row_of(new, entry, attempts.number(entry, new.result.source), new.result.source in there)
                for new, entry in zip(those, ids, strict=True)
            ]
            runs = statements.add_gradings(session, rows)
            if counts:
                statements.let_count(session, dict(zip(ids, runs, strict=True)))
                found = [entry for new, entry in zip(those, ids, strict=True) if new.kind == "found"]
                statements.say_filed(session, found)
        if counts and files:
            self._file(ids)
        return runs

    def proposals(self, student: str | None = None, exercise: str | None = None) -> list[Grading]:
        """Regradings that nobody has decided about: of each student and exercise the newest, if its basis counts."""
        undecided = statements.ALL.where(
            GradingRow.kind == "regrade", GradingRow.decided == "", GradingRow.basis == Entry.current
        )
        found = self._those(undecided.where(*statements.of(student, exercise)))
        return list({(each.student, each.exercise): each for each in found}.values())

    def accept(self, runs: Iterable[int], author: str, reason: str, files: bool = True) -> list[int]:
        """Let these proposals count. Returns the numbers of those that do; their basis must still count.

        `files`: as for `record_all`.
        """
        accepted: list[int] = []
        entries: list[int] = []
        for some in statements.batches(sorted(runs)):
            with database.writing(self._engine) as session:
                run_of: dict[int, int] = {}
                for row in session.execute(statements.locked(statements.ALL.where(GradingRow.id.in_(some)))):
                    if row.basis is not None and row.basis == run_of.get(row.entry, row.current):
                        run_of[row.entry] = row.id
                        accepted.append(row.id)
                statements.let_count(session, run_of)
                decision = {"author": author, "reason": reason, "decided": now()}
                theirs = GradingRow.id.in_(run_of.values())
                session.execute(update(GradingRow).where(theirs).values(**decision))
                entries += run_of
        if files:
            self._file(entries)
        return accepted

    def attempts(self, student: str, exercise: str) -> list[Grading]:
        """Of each attempt the grading that counts, or counted last, the first attempt first."""
        gradings = self.gradings(student, exercise)
        proposed = {each.run for each in gradings if each.kind == "regrade" and not each.decided}
        current = next((each for each in gradings if each.counts), None)
        last = {each.attempt: each for each in gradings if each.run not in proposed}
        if current:
            last[current.attempt] = current
        return [last[attempt] for attempt in sorted(last)]

    def current(self, student: str, exercise: str) -> Grading | None:
        """The grading that counts, if there is one; its JSON file is written again if it shows another one.

        A file that is newer than the record is taken in: it is from a program that records nothing.
        """
        recorded = self._newest(student, exercise)
        if recorded is None:
            return None
        try:
            shown = read(result_path(self.results, student, exercise))
        except ValueError:
            shown = None
        if shown and _shows(shown, recorded.result):
            return recorded
        if shown and shown.graded > recorded.graded and not shown.derived:
            self.record_all([New(result=_of_checks(shown), kind="found", basis=recorded.run)])
            return self._newest(student, exercise)
        with database.reading(self._engine) as session:
            those = select(Entry.id).where(Entry.student == student, Entry.exercise == exercise)
            entries = session.scalars(those).all()
        self._file(entries, again=True)
        return recorded

    def up_to_date(self, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Result]:
        """The results that count of these students and exercises, where the file shows them; `current` mends the others."""
        found: dict[tuple[str, str], Result] = {}
        for some in statements.batches(sorted(names)):
            for each in self._those(statements.CURRENT.where(statements.named(some))):
                with contextlib.suppress(ValueError):
                    recorded = each.result
                    if _shows(read(result_path(self.results, each.student, each.exercise)), recorded):
                        found[each.student, each.exercise] = recorded
        return found

    def settle(self, results: Sequence[Result]) -> None:
        """Write the files of these results, which say more than their gradings do, such as the final score.

        Left out are results that do not count any more, because another process has recorded a grading by now: its
        file is the newer one. Gradings are locked meanwhile.
        """
        waiting = write_beside((result_path(self.results, *_name(each)), encode(each)) for each in results)
        try:
            sync(waiting)
            for some in statements.batches(results):
                with database.writing(self._engine) as session:
                    query = statements.CURRENT.where(statements.named([_name(each) for each in some]))
                    rows = {(row.student, row.exercise): row for row in session.execute(statements.locked(query))}
                    recorded = {name: decode(row.result.encode()) for name, row in rows.items()}
                    counting = {
                        _name(each): each for each in some if not _is_overtaken(each, recorded.get(_name(each)))
                    }
                    put({path: waiting.pop(path) for path in self._paths(counting)})
                    filed = [
                        name for name, each in counting.items() if name in recorded and _shows(each, recorded[name])
                    ]
                    unmarked = [rows[name].entry for name in filed if rows[name].filed != rows[name].id]
                    statements.say_filed(session, unmarked)
        finally:
            discard(waiting)

    def _paths(self, names: Iterable[tuple[str, str]]) -> list[Path]:
        return [result_path(self.results, *name) for name in names]

    def unfiled(self) -> list[Result]:
        """The results that count, but are not in their files yet."""
        query = select(GradingRow.result).join(Entry, Entry.current == GradingRow.id).where(statements.UNFILED)
        with database.reading(self._engine) as session:
            return [decode(encoded.encode()) for encoded in session.scalars(query)]

    def _newest(self, student: str, exercise: str) -> Grading | None:
        return next(iter(self.latest(student, exercise)), None)

    def forget(self, student: str) -> list[tuple[str, int, int]]:
        """Remove all that is recorded of a student; only counts are left. Returns (exercise, gradings, attempts).

        Files outside the record are not removed. Raises `UsageError` if nothing is recorded of the student.
        """
        today = now().partition("T")[0]
        with database.writing(self._engine) as session:
            counted = select(Entry.exercise, func.count(), func.max(GradingRow.attempt)).join(
                GradingRow, GradingRow.entry == Entry.id
            )
            rows = session.execute(counted.where(Entry.student == student).group_by(Entry.exercise)).all()
            counts = [(str(exercise), int(gradings), int(attempts)) for exercise, gradings, attempts in rows]
            if not counts:
                raise UsageError(f"Nothing is recorded of {student!r} in {self}")
            for exercise, gradings, attempts in counts:
                session.add(Forgotten(exercise=exercise, gradings=gradings, attempts=attempts, day=today))
            theirs = select(Entry.id).where(Entry.student == student)
            session.execute(delete(GradingRow).where(GradingRow.entry.in_(theirs)))
            session.execute(delete(Entry).where(Entry.student == student))
            used = select(GradingRow.source).where(GradingRow.source.is_not(None))
            session.execute(delete(Content).where(Content.digest.not_in(used)))
        database.scrub(self._engine)
        return counts

    def forgotten(self) -> list[tuple[str, int, int]]:
        """(Exercise, students, gradings) that were removed with `forget`."""
        with database.reading(self._engine) as session:
            counted = select(Forgotten.exercise, func.count(), func.sum(Forgotten.gradings))
            rows = session.execute(counted.group_by(Forgotten.exercise).order_by(Forgotten.exercise)).all()
        return [(str(exercise), int(students), int(gradings)) for exercise, students, gradings in rows]

    def __str__(self) -> str:
        return self._url.database if self._url.get_backend_name() == "sqlite" and self._url.database else str(self._url)

    def _those(self, query: Select[Any]) -> list[Grading]:
        with database.reading(self._engine) as session:
            return [grading_of(row) for row in session.execute(query.order_by(GradingRow.id))]

    def _meet_the_files(self) -> None:
        """Record the results in the folder that the record does not have, and write the files that are not up to date.

        There are such results if the record was begun after them, or if they were copied here. A file is not up to date
        if a process was killed before it wrote the file.
        """
        with database.reading(self._engine) as session:
            entries = session.execute(select(Entry.id, Entry.student, Entry.exercise, Entry.current, Entry.filed)).all()
        known = {result_path(self.results, entry.student, entry.exercise): entry for entry in entries}
        files = set(results_in(self.results))
        found: list[New] = []
        for path in sorted(files - known.keys()):
            try:
                result = read(path)
            except ValueError:
                continue  # Whoever reads all results names the files that are none.
            if not result.derived:
                found.append(New(result=_of_checks(result), kind="found"))
        if found:
            self.record_all(found)
        self._file([entry.id for entry in entries if entry.current != entry.filed])
        self._file([entry.id for path, entry in known.items() if path not in files], again=True)

    def _file(self, entries: Iterable[int], again: bool = False) -> None:
        """Write the JSON files of these entries, if they are not up to date; `again`: in any case.

        The entries are locked meanwhile, so that of two writers, the one with the newest grading writes last.
        """
        for some in statements.batches(sorted(set(entries))):
            with database.writing(self._engine) as session:
                wanted = Entry.id.in_(some) if again else and_(Entry.id.in_(some), statements.UNFILED)
                rows = session.execute(statements.locked(statements.CURRENT.where(wanted))).all()
                files = {result_path(self.results, row.student, row.exercise): row.result.encode() for row in rows}
                if len(files) == 1:
                    write_whole(*next(iter(files.items())))
                elif files:
                    write_all_whole(files.items())
                statements.say_filed(session, [row.entry for row in rows])


def _fits(new: New, entry: Row[Any]) -> bool:
    """Whether the grading is still about what it was made from; the entry is locked."""
    return new.kind not in ("found", "rescore") or entry.current == new.basis


def _name(result: Result) -> tuple[str, str]:
    return result.student, result.exercise


def _of_checks(result: Result) -> Result:
    """The result without its final score, which is made from the course's files again and again."""
    return structs.replace(result, final=None)


def _shows(file: Result, recorded: Result) -> bool:
    """Whether a file is about this grading; it may say more than the grader did."""
    return all(
        getattr(file, name) == getattr(recorded, name)
        for name in ("digest", "seed", "graded", "score", "maximum", "checks")
    )


def _is_overtaken(result: Result, recorded: Result | None) -> bool:
    """Whether the record has another grading that is not older."""
    return recorded is not None and not _shows(result, recorded) and recorded.graded >= result.graded
