"""The tables of the record. A change here needs a new migration in `migrations/versions/`."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION = "0002"
"""The newest migration: a database with another one is upgraded before it is used."""


class Base(DeclarativeBase):
    """The declarative base of all tables."""

    # Constraints with names, so that a migration can refer to them on every database.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, list[str]: JSON}


class Content(Base):
    """A file that was graded, stored once."""

    __tablename__ = "contents"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256, as hexadecimal digits."""
    compressed: Mapped[bytes] = mapped_column(LargeBinary)
    """With zlib."""


class Entry(Base):
    """What a student has for an exercise."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("student", "exercise"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student: Mapped[str]
    exercise: Mapped[str]
    current: Mapped[int | None]
    """The grading that counts."""
    filed: Mapped[int | None]
    """The grading that `<results>/<student>/<exercise>.json` contains. It differs from `current` only until that file
    has been written."""


class GradingRow(Base):
    """One grading of one submission."""

    __tablename__ = "gradings"
    # The number of a grading that was removed is not given to another.
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[int] = mapped_column(ForeignKey(Entry.id), index=True)
    attempt: Mapped[int]
    """1 for the first file that the student handed in, 2 for the second one."""
    kind: Mapped[str]
    graded: Mapped[str]
    """UTC, ISO 8601."""
    score: Mapped[float | None]
    maximum: Mapped[float]
    digest: Mapped[str] = mapped_column(String(64))
    """`Result.digest`."""
    source: Mapped[str | None] = mapped_column(ForeignKey(Content.digest), index=True)
    """The file that was graded; `None` if it is not known."""
    notes: Mapped[list[str]]
    """What was noted on the submission before any of its code was run."""
    result: Mapped[str]
    """The whole result, as in its JSON file: checks with their digests and measurements, seed, versions, pictures."""
    basis: Mapped[int | None]
    """The grading that a regrade or a rescore was made from."""
    author: Mapped[str] = mapped_column(server_default="")
    """Who decided that it counts; empty if it counted at once, or does not count."""
    reason: Mapped[str] = mapped_column(server_default="")
    decided: Mapped[str] = mapped_column(server_default="")
    """UTC, ISO 8601."""


class Forgotten(Base):
    """What is left of students who were removed: counts."""

    __tablename__ = "forgotten"

    id: Mapped[int] = mapped_column(primary_key=True)
    exercise: Mapped[str]
    gradings: Mapped[int]
    attempts: Mapped[int]
    day: Mapped[str]
    """UTC, ISO 8601."""
