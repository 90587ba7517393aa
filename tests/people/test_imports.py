"""Reading what platforms hand out: every file lands under the right student or in the list of what does not."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.course.handin_zip import Manifest, digest, pack
from autograder.course.imports import archive, placing
from autograder.course.people import roster, submitted
from autograder.errors import UsageError
from tests import toy
from tests.people import archives

EXERCISES = ("toy", "toys", "xor")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    toy.write(tmp_path / "roster.csv", archives.ROSTER)
    return tmp_path


def place(folder: Path, files: Mapping[str, str | bytes] | Path, exercise: str = "", **said: str) -> placing.Outcome:
    path = files if isinstance(files, Path) else archives.write(folder / "download.zip", files)
    return placing.place(
        path,
        placing.Course(
            folder=folder,
            to=folder / "submitted",
            roster=roster.in_folder(folder),
            exercises=EXERCISES,
            zone=ZoneInfo("Europe/Berlin"),
            exercise=exercise,
            said=said,
        ),
    )


def there(folder: Path, name: str = "submitted") -> dict[str, str]:
    top = folder / name
    return {path.relative_to(top).as_posix(): path.read_text() for path in sorted(top.rglob("*")) if path.is_file()}


def needed(outcome: placing.Outcome) -> list[str]:
    return [each.original for each in outcome.not_placed if each.needed]


LAYOUTS = {
    "Canvas": (archives.CANVAS, "strangerian_12349_67894_toy.py"),
    "Moodle": (archives.MOODLE, "Ian Stranger_1234570_assignsubmission_file/toy.py"),
    "Gradescope": (archives.GRADESCOPE, "assignment_77_export/submission_1113/toy.py"),
    "Brightspace": (archives.BRIGHTSPACE, "504-77 - Ian Stranger - Nov 20, 2026 1201 AM/toy.py"),
    "nbgrader": (archives.NBGRADER, "submitted/ian/toy/toy.py"),
}


@pytest.mark.parametrize("loose", [False, True], ids=["zip", "folder"])
@pytest.mark.parametrize("platform", LAYOUTS)
def test_every_file_lands_or_is_listed(course: Path, platform: str, loose: bool) -> None:
    files, stranger = LAYOUTS[platform]
    path = archives.write(course / "download.zip", files)
    if loose:
        with zipfile.ZipFile(path) as packed:
            packed.extractall(course / "download")
        path = course / "download"
    outcome = place(course, path)
    assert {each.platform for each in outcome.placed} == {platform}
    assert needed(outcome) == [stranger]
    (lost,) = [each for each in outcome.not_placed if each.needed]
    assert "no student of the roster" in lost.why
    assert "--as" in lost.suggestion
    found = there(course)
    assert {text for name, text in found.items() if name.startswith("bo/")} in ({archives.WRONG}, set())
    students = {"ada", "bo"} if platform == "Gradescope" else {"ada", "bo", "zoe"}
    assert {name.split("/")[0] for name in found} == students
    assert found["ada/toy/toy.py"] == toy.RIGHT
    listed = {each.original for each in outcome.placed} | {each.original for each in outcome.not_placed}
    silent = ("index.html", "timestamp.txt", "submission_metadata.yml", "hw.zip")
    assert {name for name in files if not name.endswith(silent)} <= listed


def test_times_and_people_are_recorded(course: Path) -> None:
    place(course, archives.GRADESCOPE)
    ada, bo = submitted.read(course)
    assert ada.submitted == "2026-11-20T21:00:00+00:00"
    assert bo.members == "bo;zoe"
    place(course, archives.BRIGHTSPACE)
    times = {each.student: each.submitted for each in submitted.read(course) if each.platform == "Brightspace"}
    # In the course's time zone; midnight is 12 AM.
    assert times["ada"] == "2026-11-20T22:59:00+00:00"
    assert times["zoe"] == "2026-11-19T23:01:00+00:00"


def test_canvas_says_late_and_not_when(course: Path) -> None:
    place(course, archives.CANVAS)
    late = {each.student: (each.late, each.submitted) for each in submitted.read(course)}
    assert late == {"ada": ("no", ""), "bo": ("yes", ""), "zoe": ("no", "")}


def test_a_file_keeps_its_framework_and_loses_the_number_of_the_platform(course: Path) -> None:
    place(course, archives.CANVAS)
    assert set(there(course)) == {"ada/toy/toy.py", "bo/toy/toy_torch.py", "zoe/toy/toy.py"}


def test_importing_again_changes_nothing(course: Path) -> None:
    place(course, archives.CANVAS)
    before = there(course), (course / submitted.SUBMISSIONS).read_text()
    again = place(course, archives.CANVAS)
    assert {each.done for each in again.placed} == {"already there"}
    assert (there(course), (course / submitted.SUBMISSIONS).read_text()) == before


def test_a_resubmission_replaces_and_nothing_is_lost(course: Path) -> None:
    place(course, {"lovelaceada_12345_67890_toy.py": "x = 1"})
    (outcome,) = place(course, {"lovelaceada_12345_67999_toy-1.py": "x = 2"}).placed
    assert outcome.done == "replaced an earlier one"
    assert there(course) == {"ada/toy/toy.py": "x = 2"}
    assert list(there(course, "submitted-earlier").values()) == ["x = 1"]


def test_an_older_submission_does_not_replace_a_newer_one(course: Path) -> None:
    newer = "501-77 - Ada Lovelace - Nov 21, 2026 900 AM/toy.py"
    place(course, {newer: "x = 2"})
    place(course, {newer.replace("Nov 21", "Nov 20"): "x = 1"})
    assert there(course) == {"ada/toy/toy.py": "x = 2"}
    assert list(there(course, "submitted-earlier").values()) == ["x = 1"]


def test_of_two_files_in_one_download_the_later_one_counts(course: Path) -> None:
    outcome = place(course, {"lovelaceada_1_67890_toy.py": "x = 1", "lovelaceada_1_67891_toy-1.py": "x = 2"})
    assert there(course) == {"ada/toy/toy.py": "x = 2"}
    assert needed(outcome) == []
    assert "was taken instead" in outcome.not_placed[0].why


def test_a_notebook_of_another_name_needs_the_exercise(course: Path) -> None:
    files = {"lovelaceada_1_2_homework.ipynb": "{}"}
    outcome = place(course, files)
    assert outcome.not_placed[0].suggestion == "use --exercise NAME"
    assert place(course, files, "toy").placed[0].exercise == "toy"
    outcome = place(course, {"lovelaceada_1_2_xor.ipynb": "{}"}, "toy")
    assert outcome.not_placed[0].why == "is named after xor, not toy"


def test_what_the_user_says_counts(course: Path) -> None:
    outcome = place(course, {"strangerian_12349_67894_toy.py": "x"}, **{"12349": "bo"})
    assert outcome.placed[0].student == "bo"


def test_near_names_are_suggested(course: Path) -> None:
    outcome = place(course, {"lovelacada_1_2_toy.py": "x"})
    assert "did you mean ada (Ada Lovelace)?" in outcome.not_placed[0].why
    assert outcome.not_placed[0].suggestion == 'use --as "1=ada"'


def test_two_students_of_one_name_are_told_apart_by_number_or_listed(course: Path) -> None:
    toy.write(course / "roster.csv", "id,name\nada1,Ada Lovelace\nada2,Ada Lovelace\n")
    outcome = place(course, {"lovelaceada_1_2_toy.py": "x"})
    assert "2 students of the roster are called" in outcome.not_placed[0].why
    canvas = 'Student,ID,SIS Login ID\n"Lovelace, Ada",1,ada1\n"Lovelace, Ada",2,ada2\n'
    toy.write(course / "roster.csv", canvas)
    outcome = place(course, {"lovelaceada_1_12_toy.py": "x = 1", "lovelaceada_2_13_toy.py": "x = 2"})
    assert there(course) == {"ada1/toy/toy.py": "x = 1", "ada2/toy/toy.py": "x = 2"}


def test_a_number_of_canvas_is_not_an_id_of_another_platform(course: Path) -> None:
    toy.write(course / "roster.csv", "id,name\n12345,Bo Diddley\nada,Ada Lovelace\n")
    assert place(course, {"lovelaceada_12345_1_toy.py": "x"}).placed[0].student == "ada"


def test_without_a_roster_names_are_the_platform_s(tmp_path: Path) -> None:
    files = {"lovelaceada_1_2_toy.py": "x = 1", "diddleybo_3_4_toy.py": "x = 2", "diddleybo_5_6_toy.py": "x = 3"}
    place(tmp_path, files)
    assert there(tmp_path) == {
        "lovelaceada/toy/toy.py": "x = 1",
        "diddleybo_3/toy/toy.py": "x = 2",
        "diddleybo_5/toy/toy.py": "x = 3",
    }
    # Later, a stranger of the same name comes, and the first one submits again.
    place(tmp_path, {"lovelaceada_9_8_toy.py": "x = 4"})
    place(tmp_path, {"lovelaceada_1_9_toy-1.py": "x = 5"})
    assert there(tmp_path)["lovelaceada_9/toy/toy.py"] == "x = 4"
    assert there(tmp_path)["lovelaceada/toy/toy.py"] == "x = 5"


def handin(student: str) -> bytes:
    content = toy.RIGHT.encode()
    manifest = Manifest(
        exercise="toy",
        student=student,
        framework="torch",
        file="toy.py",
        sha256=digest(content),
        made="2026-11-20T12:00:00+00:00",
        seed=1,
        versions={},
        score=None,
        maximum=0,
        visible=[],
        notes=[],
    )
    return pack("toy.py", content, manifest)


def test_zips_of_handin_alone_and_on_a_platform(course: Path) -> None:
    place(course, {"toy_Ada-Lovelace.zip": handin("Ada Lovelace"), "x/toy_Bo.zip": handin("bo")})
    place(course, {"müllerzoë_1_2_toy_Zoe.zip": handin("somebody else")})
    found = sorted(path.relative_to(course / "submitted").as_posix() for path in course.rglob("submitted/*/*/*"))
    assert found == ["ada/toy/toy_Ada-Lovelace.zip", "bo/toy/toy_Bo.zip", "zoe/toy/toy_Zoe.zip"]


def test_archives_in_an_archive(course: Path) -> None:
    outcome = place(course, {"week 1/canvas.zip": archives.zipped(archives.CANVAS)})
    assert {each.student for each in outcome.placed} == {"ada", "bo", "zoe"}


def test_nbgrader_s_exchange(course: Path) -> None:
    name = "ada+toy+2026-11-20 21:00:00.000000 UTC+c2VjcmV0/toy.py"
    (placed,) = place(course, {f"inbound/{name}": "x"}).placed
    assert (placed.student, placed.exercise) == ("ada", "toy")
    assert submitted.read(course)[0].submitted == "2026-11-20T21:00:00+00:00"


# ── names that students choose ──────────────────────────────────────────────────────────────────────────────


def test_no_student_can_change_the_layout_or_be_somebody_else(course: Path) -> None:
    files = {
        "lovelaceada_1_2_toy.py": "x = 1",
        "diddleybo_3_4_Zoë Müller_5_assignsubmission_file_toy.py": "x = 2",
        "müllerzoë_6_7_toy.py": "x = 3",
        "hw/lovelaceada_1_9_toy-1.py": "x = 4",
    }
    outcome = place(course, files)
    assert there(course) == {"ada/toy/toy.py": "x = 1", "zoe/toy/toy.py": "x = 3"}
    assert {each.original for each in outcome.not_placed} == set(files) - {each.original for each in outcome.placed}


def test_a_student_s_own_metadata_says_nothing(course: Path) -> None:
    forged = archives.METADATA.replace("submission_1111", "inner").replace("Ada Lovelace", "Zoë Müller")
    files = {
        **archives.GRADESCOPE,
        "assignment_77_export/submission_1112/submission_metadata.yml": forged,
        "assignment_77_export/submission_1112/inner/toy.py": "x = 1",
    }
    place(course, files)
    assert there(course) == {"ada/toy/toy.py": toy.RIGHT, "bo/toy/toy.py": archives.WRONG}


def test_a_folder_in_a_student_s_folder_is_no_student(course: Path) -> None:
    files = {
        "submitted/ada/toy/toy.py": "x = 1",
        "submitted/ada/toy/bo/toy/toy.py": "x = 2",
        "submitted/ada/toy/bo+toy+2026-11-20 10:00:00 UTC/toy.py": "x = 3",
        "submitted/ada/toy/toy_Bo.zip": handin("bo"),
        "submitted/ada/toy/more/toy_Bo.zip": handin("bo"),
    }
    place(course, files)
    assert there(course) == {"ada/toy/toy.py": "x = 1"}


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "../../lovelaceada_1_2_toy.py",
        "/etc/lovelaceada_1_2_toy.py",
        "C:\\x\\lovelaceada_1_2_toy.py",
        "a/\x1b[2J_1_2_toy.py",
    ],
)
def test_odd_paths_are_refused_in_a_sentence(course: Path, name: str) -> None:
    outcome = place(course, {name: "x", "diddleybo_1_2_toy.py": "y"})
    assert [each.student for each in outcome.placed] == ["bo"]
    (lost,) = outcome.not_placed
    assert "path that leads out" in lost.why or "control characters" in lost.why
    assert not (course.parent / "lovelaceada_1_2_toy.py").exists()


def test_links_and_encrypted_files_are_refused(course: Path) -> None:
    path = course / "canvas.zip"
    with zipfile.ZipFile(path, "w") as packed:
        link = zipfile.ZipInfo("lovelaceada_1_2_toy.py")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("diddleybo_1_2_toy.py", "x")
    assert [each.why for each in place(course, path).not_placed] == ["is a link or no file"]
    folder = course / "loose"
    folder.mkdir()
    (folder / "lovelaceada_1_2_toy.py").symlink_to("/etc/passwd")
    toy.write(folder / "diddleybo_1_2_toy.py", "x")
    assert "is a link" in place(course, folder).not_placed[0].why
    assert not (course / "submitted" / "ada").exists()


def test_bombs_are_refused(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 1 << 20)
    bomb = archives.zipped({"toy.py": b"\0" * (2 << 20)})
    outcome = place(course, {"lovelaceada_1_2_hw.zip": bomb, "diddleybo_1_2_toy.py": b"\0" * (2 << 20)})
    assert not outcome.placed
    assert {each.why for each in outcome.not_placed} == {"is larger than 1 MB"}
    many = archives.zipped({f"{number}.py": "" for number in range(archive.MOST_FILES_NESTED + 1)})
    assert "more than 2,000 files" in place(course, {"lovelaceada_1_2_hw.zip": many}).not_placed[0].why
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    with pytest.raises(UsageError, match="is larger than 1 MB when unpacked"):
        place(course, {"diddleybo_1_2_toy.py": b"\0" * (2 << 20)})


def test_zips_within_zips_end(course: Path) -> None:
    content = archives.zipped({"toy.py": "x"})
    for _ in range(8):
        content = archives.zipped({"again.zip": content})
    outcome = place(course, {"lovelaceada_1_2_hw.zip": content})
    assert "is a zip within" in outcome.not_placed[0].why


def test_a_link_among_the_submissions_is_not_followed(course: Path) -> None:
    elsewhere = course / "elsewhere"
    elsewhere.mkdir()
    (course / "submitted").mkdir()
    (course / "submitted" / "ada").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="is not a folder"):
        place(course, {"lovelaceada_1_2_toy.py": "x"})
    assert not list(elsewhere.iterdir())


def test_other_files_are_refused(course: Path) -> None:
    with pytest.raises(UsageError, match="is not a zip"):
        place(course, toy.write(course / "a.zip", "no zip"))
    with pytest.raises(UsageError, match="does not exist"):
        place(course, course / "nowhere.zip")
    with pytest.raises(UsageError, match="this is not the layout of"):
        place(course, {"readme.txt": "x"})
