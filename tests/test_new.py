"""`autograder new`: the files that it writes work immediately, and no other file is changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import FunctionType

import pytest

from autograder.authoring import expect, figures
from autograder.authoring.catalogue import read_mistakes, read_variants, shortfalls
from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.authoring.student import Remote, Student
from autograder.course import submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, ExercisePolicy, Limits
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.release import scaffold, solution_markers
from autograder.results.form import Result
from autograder.worker.names import FRAMEWORKS, FrameworkName
from tests import catalogue, command
from tests.conftest import Once

ROOT = Path(__file__).resolve().parent.parent
NAME = "averaging"
TORCH: tuple[FrameworkName, ...] = ("torch",)
COURSE = """\
title: A course
exercises:
  first:
    points: {part: {one: 20}}
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Path → content of every file but the bytecode that Python keeps."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def project(once: Once) -> Path:
    """A copy of the project's exercises, to which `autograder new averaging` has added one; created once."""

    def make(folder: Path) -> None:
        for half in scaffold.HALVES:
            shutil.copytree(ROOT / half, folder / half, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / GRADING_FILE, folder)
        ended = command.run("new", NAME, cwd=folder)
        assert ended.code == 0, ended
        for framework in FRAMEWORKS:
            assert f"{NAME}, {framework}: the solution scores 20 of 20, the stub 0" in ended.out

    return once("project_with_averaging", make)


@pytest.fixture
def exercise(project: Path) -> Exercise:
    return load_exercise(load_policy(project / GRADING_FILE), NAME)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose own exercise exists only by name."""
    (tmp_path / "assignments" / "first").mkdir(parents=True)
    (tmp_path / GRADING_FILE).write_text(COURSE, encoding="utf-8")
    return tmp_path


def graded(exercise: Exercise, file: Path, zygotes: Zygotes) -> Result:
    return grader.grade(submission.read(file, "ada", NAME), grader.Job(exercise, 7, zygotes.of))


# ── what it writes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_solution_scores_everything_and_stub_nothing(
    exercise: Exercise, zygotes: Zygotes, framework: FrameworkName
) -> None:
    solution = graded(exercise, exercise.reference(framework), zygotes)
    assert (solution.score, solution.maximum) == (20, 20), catalogue.not_passed(solution)
    stub = graded(exercise, exercise.folder / f"{NAME}_{framework}.ipynb", zygotes)
    assert (stub.score, stub.notes) == (0, [])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_mistake_and_variant_work(
    project: Path, exercise: Exercise, zygotes: Zygotes, framework: FrameworkName
) -> None:
    (mistake,) = [
        each for each in read_mistakes(load_policy(project / GRADING_FILE), NAME) if each.framework == framework
    ]
    wrong = catalogue.grade(zygotes, NAME, framework, mistake.source(), using=exercise)
    assert catalogue.complaints(mistake, wrong) == []
    (variant,) = read_variants(project / "solutions" / NAME, framework).values()
    right = catalogue.grade(zygotes, NAME, framework, variant, using=exercise)
    assert right.score == 20, catalogue.not_passed(right)


def test_nothing_else_is_touched(project: Path) -> None:
    after, before = contents(project), {}
    for half in scaffold.HALVES:
        before |= {f"{half}/{path}": content for path, content in contents(ROOT / half).items()}
    own = [path for path in after if NAME in Path(path).parts]
    assert set(after) - set(before) == {*own, GRADING_FILE}
    assert {path: after[path] for path in before} == before
    text, original = after[GRADING_FILE].decode(), (ROOT / GRADING_FILE).read_text(encoding="utf-8")
    assert text.startswith(original) and text.removeprefix(original).startswith(f"\n  {NAME}:\n    points:")
    assert scaffold.PLACEHOLDER not in "".join(path + after[path].decode() for path in own)


def test_each_part_has_both_kinds_of_checks_and_only_the_catalogue_is_short(project: Path, exercise: Exercise) -> None:
    found = shortfalls(exercise, read_mistakes(load_policy(project / GRADING_FILE), NAME))
    assert [each.partition(" in ")[0] for each in found] == [
        f"{NAME}, {framework}: 1 {what}" for framework in FRAMEWORKS for what in ("known mistake", "correct variant")
    ]
    assert sum(exercise.policy.check_points().values()) == 20


def test_release_is_up_to_date_and_the_name_is_taken_now(project: Path) -> None:
    checked = command.run("release", NAME, "--check", cwd=project)
    assert checked.code == 0, checked
    again = command.run("new", NAME, cwd=project)
    assert again.code == 2
    assert f"the exercise {NAME} already exists" in again.err and "grading.yml, line " in again.err


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_framework_alone(course: Path, framework: FrameworkName) -> None:
    ended = command.run("new", NAME, "--framework", framework, "--json", cwd=course)
    assert ended.code == 0, ended
    (proof,) = ended.json["proofs"]
    assert (proof["framework"], proof["solution"], proof["stub"]) == (framework, 20, 0)
    written = [Path(path) for path in ended.json["written"]]
    assert sorted(written) == sorted(path for path in course.rglob("*.*") if NAME in path.parts and path.is_file())
    other = "keras" if framework == "torch" else "torch"
    assert not [path for path in written if path.stem.endswith(other)]
    found = read_mistakes(load_policy(course / GRADING_FILE), NAME)
    assert [mistake.framework for mistake in found] == [framework]


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Attention", "is not a valid exercise name"),
        ("my-averaging", "is not a valid exercise name"),
        ("2d", "is not a valid exercise name"),
        ("../up", "is not a valid exercise name"),
        ("", "is not a valid exercise name"),
        ("a" * 51, "is not a valid exercise name"),
        ("lambda", "is a Python keyword"),
        ("torch", "would be imported instead of the module torch"),
        ("random", "would be imported instead of the module random"),
        ("shared", "would be imported instead of the module shared"),
        ("averaging_keras", "ends with a framework's name"),
        ("first", "the exercise first already exists"),
        ("second", "second already exists"),
    ],
)
def test_names_that_are_refused(course: Path, name: str, said: str) -> None:
    (course / "assignments" / "second").mkdir()
    before = contents(course)
    policy = load_policy(course / GRADING_FILE)
    with pytest.raises(UsageError, match=re.escape(said)), scaffold.created(policy, name, TORCH):
        pass
    assert contents(course) == before


# ── where it writes ─────────────────────────────────────────────────────────────────────────────────────────


def test_beside_the_policy(course: Path) -> None:
    policy = load_policy(course / GRADING_FILE)
    with scaffold.created(policy, NAME, TORCH) as folders:
        pass
    assert folders == [course / half / NAME for half in scaffold.HALVES]
    assert load_policy(course / GRADING_FILE).root_of(NAME) == course


def test_in_the_folder_that_the_course_names(course: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    mine = tmp_path_factory.mktemp("mine")
    (mine / "ours" / "assignments").mkdir(parents=True)
    text = f"extends: {course / GRADING_FILE}\nexercises_from: [{course}, ours]\n"
    (mine / GRADING_FILE).write_text(text, encoding="utf-8")
    untouched = contents(course)
    with scaffold.created(load_policy(mine / GRADING_FILE), NAME, TORCH) as folders:
        pass
    assert folders[0] == mine / "ours" / "assignments" / NAME
    policy = load_policy(mine / GRADING_FILE)
    assert policy.root_of(NAME) == mine / "ours" and list(policy.exercises) == ["first", NAME]
    assert (mine / GRADING_FILE).read_text(encoding="utf-8").startswith(f"{text}\nexercises:\n  {NAME}:\n")
    assert contents(course) == untouched


def test_a_course_without_exercises_of_its_own(course: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    mine = tmp_path_factory.mktemp("mine")
    (mine / GRADING_FILE).write_text(f"extends: {course / GRADING_FILE}\n", encoding="utf-8")
    (mine / "assignments").mkdir()
    with pytest.raises(UsageError, match="there is no folder for its own exercises") as caught:
        scaffold.home_of(load_policy(mine / GRADING_FILE))
    assert f"add `exercises_from: .` to {mine / GRADING_FILE}" in str(caught.value)
    (mine / GRADING_FILE).write_text(f"extends: {course / GRADING_FILE}\nexercises_from: .\n", encoding="utf-8")
    assert scaffold.home_of(load_policy(mine / GRADING_FILE)) == mine


def test_nothing_is_left_behind(course: Path) -> None:
    before = contents(course)
    with pytest.raises(KeyboardInterrupt), scaffold.created(load_policy(course / GRADING_FILE), NAME, TORCH):
        assert load_policy(course / GRADING_FILE).exercise(NAME)
        raise KeyboardInterrupt
    assert contents(course) == before
    assert [path.name for path in course.iterdir() if path.is_dir()] == ["assignments"]
    assert [path.name for path in (course / "assignments").iterdir()] == ["first"]


# ── the block ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (COURSE, ""),
        (COURSE.rstrip("\n"), ""),
        (COURSE, "    # thresholds: none yet\n"),
        (f"{COURSE}    limits:\n      seconds: 60\n", "\ngpus: [0]  # what the machine has\n"),
        (f"# A comment.\n{COURSE}    leaderboard:\n    - part.one\n", "\n\nframework: keras\n"),
        (f"{COURSE}    leaderboard: [\n    part.one,\n    ]\n", "framework: keras\n"),
        (COURSE.replace("title: A course", "title: &name A course"), "framework: torch\n"),
        (COURSE.replace("\n  ", "\n    "), ""),
        ("\ufeff" + COURSE, ""),
        (COURSE.replace("\n", "\r\n"), "framework: keras\r\n"),
        (
            "title: A course\nexercises:\n  first: &one\n    points: {part: {one: 20}}\n  second: *one\n",
            "framework: torch\n",
        ),
    ],
)
def test_the_block_stands_at_the_end_of_the_exercises(course: Path, before: str, after: str) -> None:
    file = course / GRADING_FILE
    file.write_bytes((before + after).encode())
    was = load_policy(file)
    with scaffold.created(was, NAME, TORCH):
        pass
    text, now = file.read_bytes().decode(), load_policy(file)
    assert list(now.exercises) == [*was.exercises, NAME]
    assert now.model_dump(exclude={"exercises"}) == was.model_dump(exclude={"exercises"})
    assert {name: now.exercises[name] for name in was.exercises} == was.exercises
    head = before + (after if after.startswith("    #") else "")
    assert text.startswith(head) and text.endswith(after.removeprefix(head[len(before) :]))
    assert text.count("\n") == text.count("\r\n") or "\r" not in text


def test_the_first_exercise_of_a_course(course: Path) -> None:
    file = course / GRADING_FILE
    file.write_text("exercises: { }  # none yet\ntitle: A course\n", encoding="utf-8")
    with scaffold.created(load_policy(file), NAME, TORCH):
        pass
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"exercises:  # none yet\n  {NAME}:\n") and text.endswith("\ntitle: A course\n")
    assert list(load_policy(file).exercises) == [NAME]


@pytest.mark.parametrize(
    "text",
    [
        "{exercises: {first: {points: {part: {one: 20}}}}}\n",
        "exercises: {first: {points: {part: {one: 20}}}}\n",
    ],
)
def test_braces_with_exercises_in_them_are_refused(course: Path, text: str) -> None:
    (course / GRADING_FILE).write_text(text, encoding="utf-8")
    before, policy = contents(course), load_policy(course / GRADING_FILE)
    with pytest.raises(UsageError, match="uses braces"), scaffold.created(policy, NAME, TORCH):
        pass
    assert contents(course) == before


# ── the guide ───────────────────────────────────────────────────────────────────────────────────────────────


def example(file: str) -> str:
    """The code block of the guide whose first line names the file, without that line."""
    guide = (ROOT / "docs" / "adding-an-exercise.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```\w+\n# {re.escape(file)}\n(.*?)```", guide, re.DOTALL)
    return found


@pytest.fixture
def followed(project: Path, tmp_path: Path) -> Path:
    """The new exercise with the guide's additions."""
    for half in scaffold.HALVES:
        shutil.copytree(project / half / NAME, tmp_path / half / NAME)
    (tmp_path / GRADING_FILE).write_text(example(GRADING_FILE), encoding="utf-8")
    for file in ("checks.py", "mistakes.yml"):
        with (tmp_path / "solutions" / NAME / file).open("a", encoding="utf-8") as open_file:
            open_file.write(f"\n\n{example(f'solutions/{NAME}/{file}')}")
    variant = f"solutions/{NAME}/variants/built_in_torch.py"
    (tmp_path / variant).write_text(example(variant), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_guides_check_and_mistake_work(followed: Path, zygotes: Zygotes, framework: FrameworkName) -> None:
    policy = load_policy(followed / GRADING_FILE)
    exercise = load_exercise(policy, NAME)
    for source in (exercise.reference(framework).read_text(encoding="utf-8"), *programs(followed, framework)):
        result = catalogue.grade(zygotes, NAME, framework, source, using=exercise)
        assert result.score == 20, catalogue.not_passed(result)
    _, mistake = [each for each in read_mistakes(policy, NAME) if each.framework == framework]
    wrong = catalogue.grade(zygotes, NAME, framework, mistake.source(), using=exercise)
    assert catalogue.complaints(mistake, wrong) == []


def programs(course: Path, framework: FrameworkName) -> list[str]:
    return list(read_variants(course / "solutions" / NAME, framework).values())


def test_the_guides_other_examples_are_as_it_says(followed: Path) -> None:
    cell = example(f"solutions/{NAME}/{NAME}_torch.py")
    assert solution_markers.stub(cell) == example(f"assignments/{NAME}/{NAME}_torch.ipynb")
    guide = (ROOT / "docs" / "adding-an-exercise.md").read_text(encoding="utf-8")
    (heading,) = re.findall(r"```markdown\n(.*?)```", guide, re.DOTALL)
    assert heading in (followed / "assignments" / NAME / "README.md").read_text(encoding="utf-8")
    (followed / "mine" / "assignments").mkdir(parents=True)
    (followed / "mine" / GRADING_FILE).write_text(example("mine/grading.yml"), encoding="utf-8")
    policy = load_policy(followed / "mine" / GRADING_FILE)
    assert sum(policy.exercise(NAME).check_points().values()) == pytest.approx(100)
    assert scaffold.home_of(policy) == followed / "mine"


def test_the_guide_knows_every_word_of_a_check() -> None:
    guide = (ROOT / "docs" / "adding-an-exercise.md").read_text(encoding="utf-8")
    of_the_grader = {"measuring", "collecting", "forget", "found", "provoke", "left_behind", "to_device"}
    for home in (expect, figures, Student, Remote):
        module = getattr(home, "__module__", home.__name__)
        functions = [value for value in vars(home).values() if isinstance(value, FunctionType)]
        own = {value.__name__ for value in functions if value.__module__ == module}
        for name in own - of_the_grader:
            assert name.startswith("_") or re.search(rf"\w\.{name}\(", guide), f"{home.__name__}: {name}"
    for key in (*ExercisePolicy.model_fields, *Limits.model_fields):
        assert re.search(rf"`(limits\.)?{key}`", guide), key
