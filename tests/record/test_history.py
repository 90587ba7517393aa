"""The record of gradings: nothing is lost, attempts are counted, JSON files follow it, names can be removed."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec import structs

from autograder.errors import UsageError
from autograder.results import form
from autograder.results.files import RECORD
from autograder.results.form import Final
from autograder.results.history import database
from autograder.results.history.gradings import New
from autograder.results.history.record import History
from autograder.results.history.tables import REVISION, Base
from autograder.results.latest import latest
from tests import command, toy
from tests.catalogue import ROOT
from tests.record import made


def test_every_grading_is_kept_and_attempts_are_counted(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        first = history.record(made.new(content=b"one", score=1, seed=1))
        again = history.record(made.new(content=b"one", score=2, seed=2))
        second = history.record(made.new(content=b"two", score=0, seed=3))
        old = history.record(made.new(content=b"one", score=1, seed=4))
        history.record(made.new("bob"))
        gradings = history.gradings("ada", "toy")
        assert [each.run for each in gradings] == [first, again, second, old]
        assert [(each.attempt, each.result.seed, each.score, each.counts) for each in gradings] == [
            (1, 1, 1, False),
            (1, 2, 2, False),
            (2, 3, 0, False),
            (1, 4, 1, True),
        ]
        assert [history.source_of(each) for each in gradings] == [b"one", b"one", b"two", b"one"]
        assert gradings[0].result == made.result(content=b"one", score=1, seed=1)
        assert [(each.student, each.run) for each in history.latest()] == [("ada", old), ("bob", old + 1)]
        assert made.json_of(tmp_path, "ada") == form.encode(made.result(seed=4))
        with pytest.raises(UsageError, match="There is no run 99"):
            history.grading(99)
    with History.existing(tmp_path, url) as history:
        assert len(history.gradings()) == 5


def test_a_file_is_stored_once(tmp_path: Path) -> None:
    with History(tmp_path) as history:
        history.record_all([made.new(f"student{number}", b"the same" * 1000) for number in range(30)])
    with sqlite3.connect(tmp_path / RECORD) as connection:
        assert connection.execute("SELECT count(*) FROM contents").fetchone() == (1,)


def test_all_or_none_of_many_is_recorded(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        unfit = New(result=made.result("ada"), kind=None)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="cannot be used"):
            history.record_all([made.new("bob"), unfit])
        assert history.gradings() == []
        assert list(tmp_path.glob("*/*.json")) == []


def test_results_without_a_record_are_taken_in(tmp_path: Path) -> None:
    """Also those that are copied into the folder later; and a result that is there stays as it is."""
    for student in ("ada", "bob"):
        toy.write(tmp_path / student / "toy.json", form.encode(made.result(student)).decode())
    toy.write(tmp_path / "cleo/toy.json", "no result")
    with History(tmp_path) as history:
        found = [(each.student, each.kind, each.counts) for each in history.gradings()]
        assert found == [("ada", "found", True), ("bob", "found", True)]
        with pytest.raises(UsageError, match="the result was there before the record"):
            history.source_of(history.gradings()[0])
        history.record(made.new("ada", seed=2))
    toy.write(tmp_path / "dan/toy.json", form.encode(made.result("dan")).decode())
    with History(tmp_path) as history:
        assert [each.kind for each in history.gradings("ada")] == ["found", "grade"]
        # The same file, graded again: its digest is in the result that was found.
        assert [each.attempt for each in history.gradings("ada")] == [1, 1]
        assert [each.kind for each in history.gradings("dan")] == ["found"]
        assert history.gradings("ada")[0].result == made.result("ada")


def test_what_was_overtaken_is_not_recorded(tmp_path: Path, url: str | None) -> None:
    """Another process has recorded a grading since a file was found, or since a rescore was begun."""
    with History(tmp_path, url) as history:
        first = history.record(made.new(seed=1))
        second = history.record(made.new(seed=2))
        late = [
            New(result=made.result(seed=3), kind="found"),
            New(result=made.result(seed=4), kind="rescore", basis=first),
        ]
        assert history.record_all(late) == []
        assert [each.run for each in history.latest()] == [second]
        assert made.json_of(tmp_path, "ada") == history.grading(second).encoded.encode()


def test_a_final_score_is_not_written_over_a_newer_grading(tmp_path: Path, url: str | None) -> None:
    """One process has read the results to settle them, and another one records a grading before they are written."""
    with History(tmp_path, url) as history:
        history.record_all([made.new("ada", seed=1), made.new("bob", seed=1)])
        settled = [structs.replace(each, final=Final(score=1, maximum=2, lines=[])) for each in latest(tmp_path)]
        history.record(made.new("ada", seed=2))
        history.settle([*settled, structs.replace(settled[0], student="zoe", handed_in_by="ada")])
        assert made.json_of(tmp_path, "ada") == history.latest("ada")[0].encoded.encode()
        assert [each.final is not None for each in latest(tmp_path)] == [False, True, True]


def test_files_are_left_to_whoever_settles_or_opens_the_record_next(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record_all([made.new(name, seed=1) for name in ("ada", "bob")])
        old = {name: made.json_of(tmp_path, name) for name in ("ada", "bob")}
        assert history.unfiled() == []
        history.record_all([made.new(name, seed=2) for name in ("ada", "bob")], files=False)
        assert {name: made.json_of(tmp_path, name) for name in ("ada", "bob")} == old
        assert [(each.student, each.seed) for each in history.unfiled()] == [("ada", 2), ("bob", 2)]
        settled = structs.replace(made.result("ada", seed=2), final=Final(score=1, maximum=2, lines=[]))
        history.settle([settled])
        assert [each.student for each in history.unfiled()] == ["bob"]
    with History(tmp_path, url) as history:
        assert history.unfiled() == []
        # What was settled is left as it is, with its final score.
        assert made.json_of(tmp_path, "ada") == form.encode(settled)
        assert made.json_of(tmp_path, "bob") == form.encode(made.result("bob", seed=2))


def test_files_of_many_are_looked_up_at_once(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record_all([made.new("ada", b"one"), made.new("bob", b"two"), made.new("cleo", b"one")])
        one, two, three = (made.result(content=content).source for content in (b"one", b"two", b"three"))
        assert history.contents([one, two, three, one]) == {one: b"one", two: b"two"}
        assert history.contents([]) == {}


def test_a_json_file_that_is_gone_or_changed_is_written_again(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record(made.new("ada"))
        right = made.json_of(tmp_path, "ada")
    (tmp_path / "ada/toy.json").unlink()
    with History(tmp_path, url) as history:
        assert made.json_of(tmp_path, "ada") == right
        (tmp_path / "ada/toy.json").write_bytes(right.replace(b'"score": 1', b'"score": 2'))
        current = history.current("ada", "toy")
        assert current is not None and current.score == 1
        assert made.json_of(tmp_path, "ada") == right


def test_many_are_looked_up_at_once_where_the_files_show_them(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record_all([made.new("ada"), made.new("bob", score=1), made.new("cleo")])
        (tmp_path / "cleo" / "toy.json").write_bytes(form.encode(made.result("cleo", score=2)))
        found = history.up_to_date((name, "toy") for name in ("ada", "bob", "cleo", "dan"))
        assert found == {("ada", "toy"): made.result("ada"), ("bob", "toy"): made.result("bob", score=1)}


def test_a_json_file_that_is_newer_than_the_record_is_taken_in(tmp_path: Path) -> None:
    with History(tmp_path) as history:
        history.record(made.new("ada"))
        newer = structs.replace(made.result(score=2), graded="2026-01-06T08:00:00+00:00")
        (tmp_path / "ada/toy.json").write_bytes(form.encode(newer))
        for _ in range(2):
            current = history.current("ada", "toy")
            assert current is not None and (current.score, current.kind) == (2, "found")
        assert [each.counts for each in history.gradings()] == [False, True]
        assert made.json_of(tmp_path, "ada") == form.encode(newer)


def test_a_reader_is_not_blocked_by_a_writer(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record(made.new("ada", seed=1))
        with database.writing(history._engine) as session:  # pyright: ignore[reportPrivateUsage]
            session.connection().exec_driver_sql("UPDATE gradings SET score = 7")
            with History.existing(tmp_path, url) as reader:
                assert [each.score for each in reader.gradings()] == [1]
        assert [each.score for each in history.gradings()] == [7]


def test_many_threads_write(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:

        def write(number: int) -> None:
            for seed in range(10):
                history.record(made.new("ada", f"{number}".encode(), seed=100 * number + seed))

        threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gradings = history.gradings("ada")
        assert sorted(each.result.seed for each in gradings) == [100 * n + s for n in range(4) for s in range(10)]
        assert {each.attempt for each in gradings} == {1, 2, 3, 4}
        assert made.json_of(tmp_path, "ada") == gradings[-1].encoded.encode()


def writer(results: Path, url: str | None, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.record.writer", str(results), url or "", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_writers_one_of_them_killed(tmp_path: Path, url: str | None) -> None:
    """SIGKILL in the middle: what a writer said was recorded is there, whole, and the files follow the record."""
    said: list[str] = []
    students = ("ada", "bob", "cleo")
    steady = writer(tmp_path, url, "1", "15", *students)
    for number in range(3):
        doomed = writer(tmp_path, url, str(1000 * (number + 1)), str(1000 * (number + 1) + 500), *students)
        assert doomed.stdout
        # Killed after another number of gradings each time, at whatever it does then.
        said += [doomed.stdout.readline() for _ in range(2 + 5 * number)]
        doomed.send_signal(signal.SIGKILL)
        said += doomed.stdout.read().splitlines()
        doomed.wait()
    out, _ = steady.communicate(timeout=command.SECONDS)
    assert steady.returncode == 0
    lines = [line.split() for line in [*said, *out.splitlines()]]
    assert len(lines) > 45 and all(len(line) == 3 for line in lines)
    with History.existing(tmp_path, url) as history:
        recorded = {(str(each.run), str(each.result.seed), each.student): each for each in history.gradings()}
        assert {tuple(line) for line in lines} <= set(recorded)
        for grading in recorded.values():
            assert history.source_of(grading) == f"# {grading.student} {grading.result.seed % 3}".encode()
        for grading in history.latest():
            assert made.json_of(tmp_path, grading.student) == grading.encoded.encode()
            assert grading.run == max(each.run for each in history.gradings(grading.student))
    assert {path.name for path in tmp_path.glob("*/*") if not path.name.startswith(".writing-")} == {"toy.json"}


def test_two_who_begin_the_record_at_once(tmp_path: Path, url: str | None) -> None:
    both = [writer(tmp_path, url, "1", "3", student) for student in ("ada", "bob")]
    assert [process.wait(command.SECONDS) for process in both] == [0, 0]
    for process in both:
        assert process.stdout
        process.stdout.close()
    with History.existing(tmp_path, url) as history:
        assert len(history.gradings("ada")) == len(history.gradings("bob")) == 3


# The tables.


def tables_as_migrated(url: str | None, folder: Path) -> list[str]:
    """How the migrated tables differ from those in `tables.py`."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = database.connect(database.url_of(folder, url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [str(each) for each in compare_metadata(context, Base.metadata)]
    engine.dispose()
    return differences


def test_the_migrations_make_the_tables(tmp_path: Path, url: str | None) -> None:
    assert tables_as_migrated(url, tmp_path) == []


def test_a_record_of_a_newer_version_is_refused(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        history.record(made.new())
        with database.writing(history._engine) as session:  # pyright: ignore[reportPrivateUsage]
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UsageError, match=r"A newer version of the autograder has written the record .*history"):
        History(tmp_path, url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is not a database's URL: write sqlite"),
        ("postgresql://nobody:secret@/nowhere?host=/nowhere", r"The record postgresql.*\*\*\*.* cannot be used"),
        ("oracle+no://x/y", "cannot be used: .*pip install"),
    ],
)
def test_a_database_that_is_none(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        History(tmp_path, url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("no database\n" * 100)
    with pytest.raises(UsageError, match="cannot be used: file is not a database"):
        History(tmp_path)
    assert (tmp_path / RECORD).read_text().startswith("no database")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with History(tmp_path) as history:
        history.record(made.new())
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob(f"{RECORD}*")}
    assert set(modes.values()) == {0o600}


# On the command line.


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two that was graded twice; in between, ada handed in another file. No test changes it."""
    tmp_path = tmp_path_factory.mktemp("graded")
    toy.project(tmp_path, hidden="")
    for student in ("ada", "bob"):
        toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", "")
    for student in ("ada", "bob"):
        # What ends at the same moment is numbered in any order.
        assert command.run("grade", ".", "--student", student, cwd=tmp_path).code == 0
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "# another\n")
    assert command.run("grade", ".", "--seed", "5", "--student", "ada", cwd=tmp_path).code == 0
    return tmp_path


def test_history_lists_the_runs(graded: Path) -> None:
    listed = command.run("history", "ada", "toy", "--json", cwd=graded)
    assert listed.code == 0, listed
    first, second = listed.json
    assert (first["attempt"], first["counts"], second["attempt"], second["counts"]) == (1, False, 2, True)
    assert second["seed"] == 5 and second["versions"]["autograder"]
    assert set(second["checks"]) == {"part.first", "part.second", "other.third"}
    assert all(check["digest"] for check in second["checks"].values())
    shown = command.run("history", "ada", "toy", cwd=graded)
    assert shown.code == 0 and "0 / 20" in shown.out and "attempt" in shown.out
    source = command.run("history", "ada", "toy", "--source", str(second["run"]), cwd=graded)
    assert source.out == "# another\n"
    assert json.loads((graded / "results/ada/toy.json").read_text())["source"] == second["source"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ada", "tyo"], "Nothing is recorded of tyo by ada in results/history.sqlite; did you mean toy?"),
        (["eve", "toy"], "Nothing is recorded of toy by eve in results/history.sqlite"),
        (["ada", "toy", "--source", "99"], "Run 99 is not one of these: 1, 3"),
        (["ada", "toy", "--results", "nowhere"], "nowhere/history.sqlite does not exist: `autograder grade` begins"),
    ],
)
def test_history_of_what_is_not_there(graded: Path, arguments: list[str], said: str) -> None:
    ended = command.run("history", *arguments, cwd=graded)
    assert (ended.code, ended.err.replace("\n", " ").strip().startswith(said)) == (2, True), ended
    assert not (graded / "nowhere").exists()


def test_what_records_nothing_imports_no_database(tmp_path: Path) -> None:
    toy.project(tmp_path, hidden="")
    toy.write(tmp_path / "toy.py", "")
    code = (
        "import sys\nfrom autograder import Notebook\nfrom autograder.commands import app\n"
        "sys.argv[1:] = ['check', 'toy.py']\ntry:\n    app.main()\nexcept SystemExit:\n    pass\n"
        "print('imported:', sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=command.environment(), capture_output=True, text=True
    )
    assert "imported: []" in done.stdout, done.stdout + done.stderr


def test_an_old_record_is_upgraded(tmp_path: Path, url: str | None) -> None:
    """A record with the tables of the first version: everything in it is there afterwards."""
    where = database.url_of(tmp_path, url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "REVISION", "0001")
        engine = database.connect(where)
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO entries (student, exercise, current, filed) VALUES ('ada', 'toy', 1, 1)"
        )
        old = form.encode(made.result(score=2)).decode().replace("'", "''").replace("%", "%%")
        connection.exec_driver_sql(
            "INSERT INTO gradings (entry, attempt, kind, graded, score, maximum, digest, notes, result) "
            f"VALUES (1, 1, 'grade', '2026-01-05T08:00:00+00:00', 2, 2, 'd', '[]', '{old}')"
        )
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
    engine.dispose()
    with History.existing(tmp_path, url) as history:
        (grading,) = history.gradings()
        assert (grading.score, grading.author, grading.basis, grading.counts) == (2, "", None, True)
        assert grading.result == made.result(score=2)
        history.record(made.new(seed=2))
        assert [each.counts for each in history.gradings()] == [False, True]
    assert tables_as_migrated(url, tmp_path) == []


def test_the_newest_migration_is_the_one_that_is_named() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "autograder.results.history:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]
