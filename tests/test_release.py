"""`autograder release` turns solutions and READMEs into notebooks. Every exercise is tested."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tokenize
from pathlib import Path

import nbformat
import pytest

from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.errors import UsageError
from autograder.release import verify
from autograder.release.common_texts import without_comments
from autograder.release.notebooks import HAND_IN, INSTALL, Change, exercises_of, frameworks_of, notebook, release
from autograder.release.percent import Cell, parse
from autograder.release.readme import readme_sections
from autograder.release.solution_markers import BEGIN, END, solved, stub
from autograder.worker.names import FRAMEWORKS
from tests import command, toy

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = exercises_of(ROOT)
ALL = pytest.mark.parametrize("exercise", EXERCISES)
OFFERED = [(exercise, each) for exercise in EXERCISES for each in frameworks_of(ROOT / "solutions" / exercise)]
EACH = pytest.mark.parametrize(("exercise", "framework"), OFFERED)
BOTH = pytest.mark.parametrize("framework", FRAMEWORKS)


def source_of(exercise: str, framework: str) -> str:
    return (ROOT / "solutions" / exercise / f"{exercise}_{framework}.py").read_text(encoding="utf-8")


def made(exercise: str, framework: str, solved: bool = False) -> bytes:
    readme = ROOT / "assignments" / exercise / "README.md"
    return notebook(ROOT / "solutions" / exercise, readme, framework, solved=solved)  # pyright: ignore[reportArgumentType]


def cells_of(content: bytes) -> list[dict]:
    cells = json.loads(content)["cells"]
    return [{**cell, "source": "".join(cell["source"]), "tags": cell["metadata"].get("tags", [])} for cell in cells]


# ── every exercise ──────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_exercises():
    assert "xor" in EXERCISES


@ALL
def test_what_is_committed_is_what_release_makes(exercise):
    assert release(ROOT, [exercise], check=True) == []


@EACH
@pytest.mark.parametrize("solved", [False, True])
def test_notebooks_are_valid_and_written_as_nbformat_writes_them(exercise, framework, solved):
    content = made(exercise, framework, solved)
    assert content == made(exercise, framework, solved)
    book = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    assert (nbformat.writes(book) + "\n").encode() == content
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)


@EACH
def test_notebook_is_in_the_order_that_students_read(exercise, framework):
    cells = cells_of(made(exercise, framework))
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert cells[0]["source"].startswith("# ")
    # A wheel's `shared` can be imported after the cells that are tagged `check`.
    assert [cell["tags"] for cell in code[:3]] == [["check"], ["check"], []]
    assert f'FRAMEWORK = "{framework}"' in code[2]["source"]
    sections = readme_sections((ROOT / "assignments" / exercise / "README.md").read_text(encoding="utf-8"))
    parts = [section for section in sections if section.part]
    checks = [cell["source"] for cell in cells if cell["tags"] == ["check"]]
    start = f'from autograder import Notebook\n\ngrader = Notebook("{exercise}")'
    assert code[0]["source"] == INSTALL
    assert checks == [INSTALL, start, *(f'grader.check("{s.part}")' for s in parts), "grader.check_all()", HAND_IN]
    assert cells[-1]["source"] == HAND_IN
    texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    for section in sections:
        assert texts.count(without_comments(section.text)) == 1, section.text[:60]
    # Between a part's text and its check are only the part's own cells; demos follow the check.
    sources = [cell["source"] for cell in cells]
    own = [cell for cell in parse(stub(source_of(exercise, framework))) if cell.part and "demo" not in cell.tags]
    for section in parts:
        start_of_text = sources.index(without_comments(section.text))
        span = cells[start_of_text + 1 : sources.index(f'grader.check("{section.part}")')]
        wanted = [cell.source for cell in own if cell.part == section.part and cell.source]
        assert [cell["source"] for cell in span if "demo" not in cell["tags"]] == wanted
        assert "demo" not in (span[-1]["tags"] if span else [])


@pytest.mark.parametrize(("colab", "printed"), [(True, "pip install --quiet deep-learning-autograder\n"), (False, "")])
def test_only_colab_is_asked_to_install(colab, printed):
    """Simulated in a Python without packages, by the module that Colab has loaded and by its `get_ipython`."""
    front_end = f"""
        import sys
        class Shell:
            run_line_magic = staticmethod(print)
        get_ipython = Shell
        if {colab}:
            sys.modules["google.colab"] = sys
        """
    script = textwrap.dedent(front_end) + INSTALL
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (printed, "")


@EACH
def test_demo_cells_are_kept_and_tagged(exercise, framework):
    demos = [cell.source for cell in parse(stub(source_of(exercise, framework))) if "demo" in cell.tags]
    assert [c["source"] for c in cells_of(made(exercise, framework)) if "demo" in c["tags"]] == demos


def marked_and_open_lines(source: str) -> tuple[set[str], set[str]]:
    marked, open_lines = set(), set()
    inside = False
    for line in map(str.strip, source.split("\n")):
        if line in (BEGIN, END):
            inside = line == BEGIN
        else:
            (marked if inside else open_lines).add(line)
    return marked - {""}, open_lines


@EACH
def test_no_line_of_a_solution_leaks(exercise, framework):
    source = source_of(exercise, framework)
    marked, open_lines = marked_and_open_lines(source)
    assert marked
    # The README's text is public in any case; only code must not leak.
    code = (cell["source"] for cell in cells_of(made(exercise, framework)) if cell["cell_type"] == "code")
    released = "\n".join(code)
    for text in (stub(source), released):
        assert "SOLUTION" not in text
        lines = {line.strip() for line in text.split("\n")}
        assert not (marked - open_lines) & lines
        long = [line for line in marked - open_lines if len(line) > 15]
        assert [line for line in long if line in text and not any(line in other for other in open_lines)] == []


@EACH
def test_stub_keeps_signatures_and_docstrings(exercise, framework):
    def functions(text: str) -> dict[str, tuple[str, str | None]]:
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        return {node.name: (ast.unparse(node.args), ast.get_docstring(node)) for node in nodes}

    kept = functions(stub(source_of(exercise, framework)))
    assert kept
    assert kept.items() <= functions(source_of(exercise, framework)).items()


@EACH
def test_solved_notebook_lacks_the_markers_only(exercise, framework):
    source = source_of(exercise, framework)
    lines = [line for line in source.split("\n") if line.strip() and line.strip() not in (BEGIN, END)]
    assert [line for line in solved(source).split("\n") if line.strip()] == lines
    code = [c["source"] for c in cells_of(made(exercise, framework, solved=True)) if c["cell_type"] == "code"]
    assert "NotImplementedError" not in "\n".join(code)


@ALL
def test_points_of_the_readme_are_those_of_the_policy(exercise):
    policy = load_policy(ROOT / GRADING_FILE).exercise(exercise)
    sections = readme_sections((ROOT / "assignments" / exercise / "README.md").read_text(encoding="utf-8"))
    stated = {section.part: section.points for section in sections if section.part}
    assert stated == {part: sum(points.values()) for part, points in policy.points.items()}


@ALL
def test_links_of_the_readme_lead_somewhere(exercise):
    folder = ROOT / "assignments" / exercise
    text = (folder / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text)
    assert [target for target in targets if not (folder / target).exists()] == []


RUNNER = """
import json, sys, traceback
for name, cells in json.load(sys.stdin).items():
    space = {"__name__": "__main__"}
    for label, source in cells:
        try:
            exec(compile(source, f"{name}, {label}", "exec"), space)
        except BaseException:
            print(f"{name}, cell {label}:", traceback.format_exc(limit=-1))
            break
    else:
        print("ran", name)
"""


@pytest.mark.slow
@BOTH
def test_every_stub_cell_still_runs(framework, tmp_path):
    """Run all cells as students do: a fresh process for each framework, one exercise after another."""
    runnable: dict[str, list[tuple[str, str]]] = {}
    broken: list[str] = []
    for exercise in [exercise for exercise, offered in OFFERED if offered == framework]:
        try:
            cells = cells_of(made(exercise, framework))
        except UsageError as problem:
            broken += problem.problems
            continue
        runnable[exercise] = [
            (cell["id"], cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and not {"demo", "check"} & set(cell["tags"])
        ]
    quiet = {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(runnable),
        env={**os.environ, **quiet, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.stdout.splitlines() == [f"ran {exercise}" for exercise in runnable], run.stderr[-2000:]
    assert broken == []


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────

SOLUTION = '''\
# %%
FRAMEWORK = "{framework}"

# %% part="one"
def one(x):
    """Double it."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% tags=["demo"]
print(one(1))

# %% part="two"
TWO = 2

# %% [markdown] part="two"
# More words on two.
#
# > and a quotation

# %% tags=["demo"]
print(TWO)
'''

README = """\
# Small

Words.

## How to work

```python
## `one` · not a heading · 3 points
```

## `one` · The first · 1 point

One.

## Between

Leads on to two.

## `two` · The second · 2.5 points

Two.

## Going further

Far.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("solutions/small", "assignments/small"):
        (tmp_path / folder).mkdir(parents=True)
    for framework in FRAMEWORKS:
        path = tmp_path / f"solutions/small/small_{framework}.py"
        path.write_text(SOLUTION.replace("{framework}", framework), encoding="utf-8")
    (tmp_path / "assignments/small/README.md").write_text(README, encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_release_writes_once_and_check_writes_nothing(tree):
    paths = [tree / f"assignments/small/small_{framework}.ipynb" for framework in FRAMEWORKS]
    missing = [Change(path, "missing") for path in paths]
    assert release(tree, [], check=True) == missing
    assert not any(path.exists() for path in paths)
    assert release(tree, [], check=False) == missing
    assert release(tree, [], check=True) == release(tree, ["small"], check=False) == []
    before = [path.read_bytes() for path in paths]
    paths[0].write_bytes(before[0].replace(b"Words", b"Wards"))
    assert release(tree, ["small"], check=True) == [Change(paths[0], "different")]
    assert b"Wards" in paths[0].read_bytes()
    paths[1].unlink()
    assert release(tree, []) == [Change(paths[0], "different"), Change(paths[1], "missing")]
    assert [path.read_bytes() for path in paths] == before
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o777 == 0o644 for path in paths), "every student can read it"
    assert sorted(path.name for path in paths[0].parent.iterdir()) == [
        "README.md",
        "small_keras.ipynb",
        "small_torch.ipynb",
    ]


def test_release_is_blind_to_where_and_when(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a longer name"
    shutil.copytree(tree, elsewhere)
    release(tree)
    release(elsewhere)
    for name in ("small_torch.ipynb", "small_keras.ipynb"):
        assert (tree / "assignments/small" / name).read_bytes() == (elsewhere / "assignments/small" / name).read_bytes()


def test_layout_of_a_notebook(tree):
    release(tree)
    cells = cells_of((tree / "assignments/small/small_torch.ipynb").read_bytes())
    assert [(cell["id"], cell["source"].split("\n")[0], cell["tags"]) for cell in cells] == [
        ("introduction-1", "# Small", []),
        ("introduction-2", "## How to work", []),
        ("install-1", INSTALL.split("\n")[0], ["check"]),
        ("grader-1", "from autograder import Notebook", ["check"]),
        ("setup-1", 'FRAMEWORK = "torch"', []),
        ("one-1", "## `one` · The first · 1 point", []),
        ("one-2", "def one(x):", []),
        ("one-3", 'grader.check("one")', ["check"]),
        ("one-4", "print(one(1))", ["demo"]),
        ("two-1", "## Between", []),
        ("two-2", "## `two` · The second · 2.5 points", []),
        ("two-3", "TWO = 2", []),
        ("two-4", "More words on two.", []),
        ("two-5", 'grader.check("two")', ["check"]),
        ("two-6", "print(TWO)", ["demo"]),
        ("end-1", "## Going further", []),
        ("end-2", "grader.check_all()", ["check"]),
        ("hand-in-1", HAND_IN.split("\n")[0], ["check"]),
    ]
    assert cells[12]["source"] == "More words on two.\n\n> and a quotation"
    assert cells[6]["source"].endswith('"""Double it."""\n    raise NotImplementedError("one")')


def test_part_without_a_section_and_section_without_a_part(tree):
    edit(tree / "assignments/small/README.md", "## `two` · The", "## `three` · The")
    with pytest.raises(UsageError) as problem:
        release(tree)
    text = str(problem.value)
    assert 'solutions/small/small_torch.py, line 15: part "two" has no section in assignments/small/README' in text
    assert "assignments/small/README.md, line 19: part `three` has no cell in solutions/small/small_keras.py" in text
    assert not list(tree.rglob("*.ipynb")), "nothing is written where anything is wrong"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("solutions/small/small_keras.py", '"keras"', '"torch"', 'must set FRAMEWORK = "keras"'),
        (
            "solutions/small/small_torch.py",
            '# %% tags=["demo"]\nprint(one(1))',
            "# %%\nX = 1",
            "line 12: code without a part",
        ),
        (
            "solutions/small/small_torch.py",
            '[markdown] part="two"',
            '[markdown] part="one"',
            "put its cells together",
        ),
        (
            "solutions/small/small_torch.py",
            '# %% part="one"',
            '# %% prat="one"',
            "small_torch.py, line 4: a cell may have",
        ),
        (
            "assignments/small/README.md",
            "· The first · 1 point",
            "- The first - 1 point",
            "does not have the form",
        ),
        ("assignments/small/README.md", "## Between", "## `one` · Again · 1 point", "`one` has 2 sections"),
    ],
)
def test_mistakes_are_named_with_their_place(tree, file, old, new, says):
    edit(tree / file, old, new)
    with pytest.raises(UsageError, match=re.escape(says)):
        release(tree)


def test_parts_in_another_order(tree):
    text = README.replace("`one` · T", "`x` · T").replace("`two`", "`one`").replace("`x` · T", "`two` · T")
    (tree / "assignments/small/README.md").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"has the parts one, two, .* a different order: two, one"):
        release(tree)


def test_what_is_not_there(tree):
    with pytest.raises(UsageError, match="solutions/huge does not exist; there are small"):
        release(tree, ["huge"])
    (tree / "assignments/small/README.md").unlink()
    with pytest.raises(UsageError) as problem:
        release(tree)
    assert len(problem.value.problems) == 1, "said once for both notebooks"
    shutil.rmtree(tree / "solutions")
    with pytest.raises(UsageError, match="needs the solutions"):
        release(tree)


def test_points_in_a_readme_that_are_not_those_of_the_policy(tmp_path):
    toy.project(tmp_path)
    head = "# Toy\n\n## `part` · One · 10 points\n\n"
    toy.write(
        tmp_path / "assignments/toy/README.md", head + "## `other` · Two · 9 points\n\n## `thrid` · Three · 1 point\n"
    )
    found = list(verify.readme_points(load_policy(tmp_path / GRADING_FILE), "toy"))
    assert len(found) == 2
    assert "README.md, line 5: part `other` is worth 9 points here and 10 in " in found[0] and "line 5" in found[0]
    assert "README.md, line 7: part `thrid` has no points in " in found[1]
    # A course that extends this one may give different points.
    over = toy.write(tmp_path / "course/grading.yml", "extends: ../grading.yml\n")
    assert not list(verify.readme_points(load_policy(over), "toy"))
    ended = command.run(
        "release", "--check", "toy", cwd=toy.project(tmp_path, hidden="", solutions={"toy_torch.py": ""})
    )
    assert ended.code == 2 and "part `other` is worth 9 points here" in ended.err


# ── markers ─────────────────────────────────────────────────────────────────────────────────────────────────


def dedent(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_stub_of_functions_methods_and_all_that_nests():
    source = dedent('''
        import functools

        ### BEGIN SOLUTION
        SECRET = 1


        def helper():
            return 1


        ### END SOLUTION


        @functools.cache
        def outer(x):
            """Keeps this."""

            def given(y):
                return y

            def inner(y):
                ### BEGIN SOLUTION
                text = """
        ### END SOLUTION
        """
                return y + 1
                ### END SOLUTION

            if x:
                ### BEGIN SOLUTION
                x += 1
                ### END SOLUTION
            ### BEGIN SOLUTION
            return inner(given(x))
            ### END SOLUTION


        class GAN:
            """A class."""

            ### BEGIN SOLUTION
            rate = 1
            ### END SOLUTION

            def fit(self):
                """Fits."""
                ### BEGIN SOLUTION
                a = 1
                ### END SOLUTION
                given = 2

                ### BEGIN SOLUTION
                # and a comment
                return a + given
                ### END SOLUTION

            @property
            def rate2(self):
                ### BEGIN SOLUTION
                @functools.cache
                def deep():
                    return 1

                return deep()
                ### END SOLUTION


        class Empty(GAN):
            ### BEGIN SOLUTION
            @property
            def rate2(self):
                return 2
            ### END SOLUTION


        async def walk():
            ### BEGIN SOLUTION
            return 1
            ### END SOLUTION
    ''')
    assert stub(source) == dedent('''
        import functools


        @functools.cache
        def outer(x):
            """Keeps this."""

            def given(y):
                return y

            def inner(y):
                raise NotImplementedError("outer.inner")

            if x:
                raise NotImplementedError("outer")


        class GAN:
            """A class."""

            def fit(self):
                """Fits."""
                raise NotImplementedError("GAN.fit")
                given = 2

            @property
            def rate2(self):
                raise NotImplementedError("GAN.rate2")


        class Empty(GAN):
            pass


        async def walk():
            raise NotImplementedError("walk")
    ''')
    compile(solved(source), "solved", "exec")
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(solved(source)).readline)
        if token.type == tokenize.COMMENT
    ]
    assert comments == ["# and a comment"]


def test_a_block_that_would_be_left_empty_gets_pass():
    source = dedent("""
        def f(x):
            ### BEGIN SOLUTION
            y = 1
            ### END SOLUTION
            while x:
                ### BEGIN SOLUTION
                x -= 1
                ### END SOLUTION
                ### BEGIN SOLUTION
                x -= 1
                ### END SOLUTION


        try:
            ### BEGIN SOLUTION
            f(1)
            ### END SOLUTION
        except ValueError:
            ### BEGIN SOLUTION
            f(2)
            ### END SOLUTION
    """)
    assert stub(source) == dedent("""
        def f(x):
            raise NotImplementedError("f")
            while x:
                pass


        try:
            pass
        except ValueError:
            pass
    """)


def test_source_without_markers_stays_as_it_is():
    source = "x = 1\n\n\n\ny = '### BEGIN SOLUTION'\n\n"
    assert stub(source) == solved(source) == source


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("### BEGIN SOLUTION\nx = 1\n", "line 1: '### BEGIN SOLUTION' has no '### END SOLUTION'"),
        ("x = 1\n### END SOLUTION\n", "line 2: '### END SOLUTION' without"),
        (
            "### BEGIN SOLUTION\nx = 1\n### BEGIN SOLUTION\ny = 1\n### END SOLUTION\n",
            "line 3: another .* line 1",
        ),
        ("x = 1  ### BEGIN SOLUTION\ny = 1\n### END SOLUTION\n", "line 1: a marker must be alone"),
        ("### begin solution\ny = 1\n### END SOLUTION\n", "line 1: a marker must be alone"),
        ("## BEGIN SOLUTION\ny = 1\n## END SOLUTION\n", "line 1: a marker must be alone"),
        ("### BEGIN SOLUTION\ny = 1\n### END SOLUTION of y\n", "line 3: a marker must be alone"),
        (
            "x = [\n    ### BEGIN SOLUTION\n    1,\n    ### END SOLUTION\n]\n",
            "line 2: .* not inside brackets",
        ),
        ("### BEGIN SOLUTION\nx = 1\n# %%\ny = 1\n### END SOLUTION\n", "line 3: a new cell starts"),
        ("def f():\n    ### BEGIN SOLUTION\n    return 1\n### END SOLUTION\n", "line 4: .* not indented like"),
        (
            "def f():\n### BEGIN SOLUTION\n    return 1\n### END SOLUTION\n",
            "line 2: .* not indented like the statements",
        ),
        (
            "if 1:\n    x = 1\n    ### BEGIN SOLUTION\n    y = 1\nz = 1\n    ### END SOLUTION\n",
            "line 3: .* split a statement",
        ),
        (
            "if 1:\n    x = 1\n    ### BEGIN SOLUTION\nelse:\n    y = 1\n    ### END SOLUTION\n",
            "line 3: .* split a statement",
        ),
        ("### BEGIN SOLUTION\nif 1:\n    x = 1\n### END SOLUTION\n    y = 1\n", "line 1: .* split a statement"),
        (
            "def f():\n    return 1\n    ### BEGIN SOLUTION\n    ### END SOLUTION\n",
            "line 3: .* no statement between",
        ),
        ("def f(:\n    pass\n", "line 1"),
        ("x = (\n", "line 1: .* never closed"),
    ],
)
def test_misplaced_markers_are_refused_with_their_line(source, says):
    for rewrite in (stub, solved):
        with pytest.raises(UsageError, match=says) as problem:
            rewrite(source, "here.py")
        assert "here.py" in str(problem.value)


# ── percent cells ───────────────────────────────────────────────────────────────────────────────────────────


def test_percent_cells():
    text = dedent("""
        # before

        # %%
        a = 1


        # %% part="p" tags=["x", "demo"]

        b = 2  # %% no head
        # %%no head
        # %% [markdown] tags=["demo"]
        # Title
        #
        #     indented
        #tight
        # %%
    """)
    assert parse(text) == [
        Cell("code", frozenset(), None, "# before", 0),
        Cell("code", frozenset(), None, "a = 1", 3),
        Cell("code", frozenset({"x", "demo"}), "p", "b = 2  # %% no head\n# %%no head", 7),
        Cell("markdown", frozenset({"demo"}), None, "Title\n\n    indented\ntight", 11),
        Cell("code", frozenset(), None, "", 16),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n# %% tagz=[]", "line 2: a cell may have"),
        ('# %% part="a" part="b"', "line 1: a cell may have"),
        ("# %% a title", "line 1: 'a title' is invalid"),
        ("# %% part='a'", "line 1: .* is invalid"),
        ('# %% part=["a"]', "line 1: write part="),
        ("# %% tags=[demo]", "line 1"),
        ("# %% [markdown]\nx = 1", "line 1: a markdown cell may contain only comment lines"),
    ],
)
def test_malformed_cells_are_refused(text, says):
    with pytest.raises(UsageError, match=says):
        parse(text)
