"""The record's SQL: what is read of many gradings at once, and how new ones are stored.

Rows are read as tuples of columns, and written many at a time: objects of SQLAlchemy would take several times as long.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Row, Select, Table, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from autograder.results.form import decode
from autograder.results.history.gradings import New
from autograder.results.history.tables import Base, Content, Entry, GradingRow

Item = TypeVar("Item")
Name = tuple[str, str]
"""Student and exercise."""
_GRADINGS = cast(Table, GradingRow.__table__)
_AT_ONCE = 2_000
"""Rows of one statement; SQLite allows some thirty thousand values."""
_COLUMNS = select(_GRADINGS, Entry.student, Entry.exercise, Entry.current, Entry.filed)
ALL: Select[Any] = _COLUMNS.select_from(GradingRow).join(Entry, Entry.id == GradingRow.entry)
"""All gradings."""
CURRENT: Select[Any] = _COLUMNS.select_from(GradingRow).join(Entry, Entry.current == GradingRow.id)
"""Those that count."""
UNFILED = Entry.filed.is_distinct_from(Entry.current)
"""That the JSON file does not contain the grading that counts."""


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in pieces that fit into one statement each."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


def of(student: str | None, exercise: str | None) -> list[ColumnElement[bool]]:
    """The conditions for a student and an exercise; `None`: any."""
    wanted = [(Entry.student, student), (Entry.exercise, exercise)]
    return [column == value for column, value in wanted if value is not None]


def named(names: Sequence[Name]) -> ColumnElement[bool]:
    """The condition for these students and exercises."""
    return tuple_(Entry.student, Entry.exercise).in_(names)


def locked(query: Select[Any]) -> Select[Any]:
    """The query, which also keeps others from changing its entries until the transaction ends."""
    return query.order_by(Entry.id).with_for_update(of=Entry)


def add_contents(session: Session, those: Sequence[New]) -> set[str]:
    """Store the files that are not stored yet. Returns the digests of all files that are stored now, among those."""
    digests = {new.result.source for new in those}
    there: set[str] = set()
    for some in batches(sorted(digests)):
        there |= set(session.scalars(select(Content.digest).where(Content.digest.in_(some))))
    contents = {new.result.source: new.content for new in those if new.content is not None}
    missing = {digest: content for digest, content in contents.items() if digest not in there}
    _insert_new(session, Content, [{"digest": each, "compressed": zlib.compress(missing[each])} for each in missing])
    return there | set(missing)


def entries(session: Session, names: Iterable[Name]) -> dict[Name, Row[Any]]:
    """`id` and `current` of the entries of these students and exercises, created if necessary, and locked."""
    found: dict[Name, Row[Any]] = {}
    query = cast(Select[Any], select(Entry.id, Entry.student, Entry.exercise, Entry.current))
    for some in batches(sorted(names)):
        _insert_new(session, Entry, [{"student": student, "exercise": exercise} for student, exercise in some])
        for row in session.execute(locked(query.where(named(some)))):
            found[row.student, row.exercise] = row
    return found


def add_gradings(session: Session, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert these gradings, whose entries are locked. Returns their numbers, in the same order."""
    if not rows:
        return []
    # `RETURNING` would insert them one by one on SQLite.
    last = session.scalar(select(func.max(GradingRow.id))) or 0
    session.execute(insert(_GRADINGS), rows)
    numbers: dict[int, list[int]] = {}
    for some in batches(sorted({row["entry"] for row in rows})):
        added = select(GradingRow.entry, GradingRow.id).where(GradingRow.entry.in_(some), GradingRow.id > last)
        for entry, run in session.execute(added.order_by(GradingRow.id.desc())):
            numbers.setdefault(entry, []).append(run)
    return [numbers[row["entry"]].pop() for row in rows]


def let_count(session: Session, run_of: Mapping[int, int]) -> None:
    """Let gradings count. `run_of`: the number of the grading, by the number of its entry."""
    if run_of:
        session.execute(update(Entry), [{"id": entry, "current": run} for entry, run in run_of.items()])


def say_filed(session: Session, ids: Sequence[int]) -> None:
    """The JSON files of these entries contain the gradings that count."""
    for some in batches(ids):
        session.execute(update(Entry).where(Entry.id.in_(some)).values(filed=Entry.current))


def _insert_new(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that are not there; another writer may insert the same ones at this moment."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


class Attempts:
    """The numbers of attempts: each new file of a student is a new attempt, and the same file graded again is none."""

    def __init__(self, session: Session, ids: Iterable[int]) -> None:
        """`ids`: of the entries."""
        self._numbers: dict[int, dict[str, int]] = {}
        for some in batches(sorted(ids)):
            rows = select(GradingRow.entry, GradingRow.attempt).where(GradingRow.entry.in_(some))
            stored = rows.add_columns(GradingRow.source).where(GradingRow.source.is_not(None))
            for entry, attempt, source in session.execute(stored):
                self._numbers.setdefault(entry, {})[str(source)] = attempt
            # Few: those that were found beside the record.
            others = rows.add_columns(GradingRow.result).where(GradingRow.source.is_(None))
            for entry, attempt, encoded in session.execute(others):
                self._numbers.setdefault(entry, {})[decode(encoded.encode()).source] = attempt

    def number(self, entry: int, source: str) -> int:
        """The number of this file for this entry."""
        numbers = self._numbers.setdefault(entry, {})
        return numbers.setdefault(source, max(numbers.values(), default=0) + 1)
