"""Open the record's database: where it is, its transactions, its migrations, and its errors in sentences."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from autograder.errors import UsageError
from autograder.results.files import RECORD
from autograder.results.history.tables import REVISION

WAIT_SECONDS = 120
"""How long a writer waits for another one: a rescore of ten thousand results holds the lock for seconds."""
_UPGRADING = 6_174_014
"""The number of PostgreSQL's advisory lock for migrations."""
_ERRNO = {"disk is full": errno.ENOSPC, "readonly": errno.EACCES, "disk I/O": errno.EIO}
"""SQLite's messages about the file system → error number."""


def url_of(results: Path, url: str | None) -> URL:
    """The database's URL: the one given, or that of the file beside the results. Raises `UsageError` if it is invalid."""
    if url is None:
        return URL.create("sqlite", database=str(results / RECORD))
    try:
        made = make_url(url)
    except ArgumentError as problem:
        raise UsageError(
            f"--history {url!r} is not a database's URL: write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from problem
    if made.drivername in ("postgres", "postgresql"):
        # Psycopg 3, whichever driver is SQLAlchemy's default.
        made = made.set(drivername="postgresql+psycopg")
    return made


def exists(url: URL) -> bool:
    """Whether there is such a file; a server's database is taken to be there."""
    return not (_is_sqlite(url) and url.database) or Path(url.database).is_file()


def connect(url: URL) -> Engine:
    """An engine for the database, which is created or upgraded if necessary.

    Raises `UsageError` if it cannot be used, or if a newer version of the autograder has written it.
    """
    with in_sentences(url):
        if _is_sqlite(url) and url.database and not Path(url.database).is_file():
            _create_file(Path(url.database))
        engine = _engine(url)
        found = _revision(engine)
        if found != REVISION:
            _upgrade(engine, url, found)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Session]:
    """A session that sees one state of the database and never waits for a writer."""
    with in_sentences(engine.url), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    """A transaction that writes: it is committed whole, or not at all. On SQLite, one at a time."""
    with in_sentences(engine.url), Session(engine.execution_options(writes=True)) as session, session.begin():
        yield session


def scrub(engine: Engine) -> None:
    """Remove what SQLite keeps of deleted rows outside its tables."""
    if _is_sqlite(engine.url):
        with in_sentences(engine.url):
            _outside_transactions(engine, "PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def in_sentences(url: URL) -> Generator[None]:
    """Turn the database's errors into `OSError`, for a file system that is full or read-only, or `UsageError`."""
    try:
        yield
    except (SQLAlchemyError, ImportError) as problem:
        reason = str(getattr(problem, "orig", None) or problem).splitlines()[0]
        if isinstance(problem, NoSuchModuleError | ImportError):
            reason += "; pip install 'deep-learning-autograder[postgresql]' for PostgreSQL"
        for words, number in _ERRNO.items():
            if words in reason and url.database:
                raise OSError(number, os.strerror(number), url.database) from problem
        raise UsageError(f"The record {url.render_as_string()} cannot be used: {reason}") from problem


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _engine(url: URL) -> Engine:
    if not _is_sqlite(url):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        # Python's own transactions begin too late: only at the first statement that writes.
        connection.isolation_level = None
        # `FULL` also survives a power cut; what is removed is overwritten, because names may be in it.
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_file(path: Path) -> None:
    """Create the database beside its place and move it there whole: a killed process leaves none, or one that works."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        url = URL.create("sqlite", database=str(Path(folder) / path.name))
        engine = _engine(url)
        _upgrade(engine, url, None)
        # Readers do not wait for writers then. The file keeps the setting.
        _outside_transactions(engine, "PRAGMA journal_mode = WAL")
        engine.dispose()
        # As all results: students' files and points are in it.
        (Path(folder) / path.name).chmod(0o600)
        # Unlike `rename`, it does not replace the one that another process has just created.
        with suppress(FileExistsError):
            os.link(Path(folder) / path.name, path)


def _outside_transactions(engine: Engine, pragma: str) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute(pragma)
    finally:
        raw.close()


def _revision(engine: Engine) -> str | None:
    """The version of the tables; `None` without tables."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _upgrade(engine: Engine, url: URL, found: str | None) -> None:
    # It takes another third of a second, and only here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "autograder.results.history:migrations")
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise UsageError(
            f"A newer version of the autograder has written the record {url.render_as_string()}: "
            "update the autograder, or name another record with --history"
        )
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADING})
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
