"""Both databases: SQLite in a folder, and a real PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.nbgrader import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server's database."""
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest) -> str | None:
    """The URL of an empty database; `None` for SQLite beside the results."""
    if request.param == "SQLite":
        return None
    import psycopg

    server: str = request.getfixturevalue("server")
    name = f"record_{os.urandom(6).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres?", f"/{name}?")
