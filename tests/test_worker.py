"""The worker: what a student's code receives, what it returns, and what it can see of the rest of the machine."""

from __future__ import annotations

import os
import signal
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.student import Remote, images, tensor
from autograder.course.submission import Submission
from autograder.errors import GraderError, LimitExceeded, StudentError
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote, Zygotes
from autograder.grading import grader
from autograder.worker.names import FrameworkName
from tests import toy
from tests.processes import gone, outside

FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")


def cells(*sources: str) -> Submission:
    """A notebook's cells in memory."""
    return Submission(
        "ada", "toy", "toy.ipynb", "torch", tuple((f"cell {n}", s) for n, s in enumerate(sources, 1)), b""
    )


# Loading.


@pytest.mark.parametrize(
    ("module", "uses"),
    [("'.'.join(['sci' + 'py', 'stats'])", "'scipy.stats'"), ("'torch._dynamo'", "import torch.optim")],
)
def test_a_slow_module_that_the_file_mentions_is_there_before_it_is_imported(module: str, uses: str) -> None:
    """The zygote has imported it, so the workers after the first one need not; a plain worker, before it loads the file."""
    asks = f"import sys\nthere = {module} in sys.modules\n{{}}\ndef f():\n    return there"
    with Zygotes() as own:
        for zygotes, text, there in ((own, "", False), (own, uses, True), (None, uses, True)):
            with toy.session(zygotes, cells(asks.format(text))) as session:
                assert grader.Student(session.ask).f() is there


def test_a_cell_that_raises_keeps_what_stands_before_it(zygotes: Zygotes) -> None:
    file = cells("a = 1\ndef f():\n    return a", "b = 2\nraise ValueError('no')\nc = 3", "def g():\n    return b")
    with toy.session(zygotes, file) as session:
        student = grader.Student(session.ask)
        assert (student.f(), student.g()) == (1, 2)
        assert session.notes == ["cell 2, line 2 raised ValueError: no, at `raise ValueError('no')`."]


def test_of_what_stands_after_a_line_that_raises_definitions_are_taken(zygotes: Zygotes) -> None:
    """A cell for another service, whose modules are missing here, still makes its definitions."""
    cell = (
        "import math\nfrom nowhere.at_all import drive\ndrive.mount('/content')\nSIZE = 3\nprint(1 / 0)\n"
        "import json\nclass Known:\n    size = SIZE\ncomputed = max(1, 2)\n"
        "def f():\n    return [Known.size, json.loads('4'), math.floor(5.5)]"
    )
    with toy.session(zygotes, cells(cell, "def g():\n    return computed")) as session:
        student = grader.Student(session.ask)
        assert student.f() == [3, 4, 5]
        with pytest.raises(StudentError, match="computed"):
            student.g()
        assert len(session.notes) == 1, "what follows from the first is not told again"
        assert session.notes[0].startswith("cell 1, line 2 raised ModuleNotFoundError")


def test_a_cell_that_is_no_python_leaves_the_others(zygotes: Zygotes) -> None:
    with toy.session(
        zygotes, cells("def f():\n    return 1", "def g(:\n    pass", "def h():\n    return 3")
    ) as session:
        student = grader.Student(session.ask)
        assert (student.f(), student.h()) == (1, 3)
        assert session.notes == ["cell 2, line 1 raised SyntaxError: invalid syntax, at `def g(:`."]
        assert not student.has("g")


@pytest.mark.parametrize("leave", ["import sys; sys.exit(3)", "exit()", "quit()", "raise KeyboardInterrupt"])
def test_leaving_in_a_cell_ends_the_cell_only(zygotes: Zygotes, leave: str) -> None:
    with toy.session(zygotes, cells(f"x = 1\n{leave}\ny = 2", "def f():\n    return x")) as session:
        assert grader.Student(session.ask).f() == 1
        assert len(session.notes) == 1
        assert "cell 1, line 2" in session.notes[0] or "exit" in session.notes[0] or "quit" in session.notes[0]


@pytest.mark.parametrize(
    "leave", ["sys.exit()", "sys.exit('bye')", "exit(0)", "raise SystemExit", "raise GeneratorExit"]
)
def test_leaving_in_a_function_is_an_exception_like_any_other(zygotes: Zygotes, leave: str) -> None:
    with toy.student(zygotes, f"import sys\ndef f():\n    {leave}\ndef g():\n    return 2") as student:
        with pytest.raises(StudentError) as caught:
            student.f()
        assert caught.value.kind in ("SystemExit", "GeneratorExit", "NameError")
        assert student.g() == 2


def test_an_exception_says_cell_line_and_code(zygotes: Zygotes) -> None:
    file = cells("def inner(x):\n    return 1 / x", "def outer(x):\n    y = x\n    return inner(y)")
    with toy.session(zygotes, file) as session, pytest.raises(StudentError) as caught:
        grader.Student(session.ask).outer(0)
    assert (caught.value.kind, caught.value.message) == ("ZeroDivisionError", "division by zero")
    assert caught.value.place
    assert (caught.value.place.where, caught.value.place.code) == ("cell 1, line 2", "return 1 / x")


def test_an_exception_in_a_library_says_the_students_line(zygotes: Zygotes) -> None:
    source = "# %%\nimport numpy as np\n\n# %% part='a'\ndef f(x):\n    z = x + 1\n    return np.linalg.inv(z)\n"
    with toy.student(zygotes, source) as student, pytest.raises(StudentError) as caught:
        student.f(np.zeros((2, 3)))
    assert caught.value.kind == "LinAlgError"
    assert caught.value.place
    assert (caught.value.place.where, caught.value.place.code) == ("toy.py, line 7", "return np.linalg.inv(z)")


def test_two_cells_of_a_py_keep_their_lines(zygotes: Zygotes) -> None:
    source = "# %%\ndef f():\n    raise KeyError('a')\n\n# %%\ndef g():\n    raise KeyError('b')\n"
    with toy.student(zygotes, source) as student:
        for name, line in (("f", 3), ("g", 7)):
            with pytest.raises(StudentError) as caught:
                student.call(name)
            assert caught.value.place
            assert caught.value.place.where == f"toy.py, line {line}"
            assert caught.value.place.code.startswith("raise KeyError")


def test_an_exception_that_cannot_be_shown(zygotes: Zygotes) -> None:
    source = """
    class Shy(Exception):
        def __str__(self):
            raise RuntimeError("never")
    class Rude(Exception):
        def __str__(self):
            raise SystemExit
    def shy():
        raise Shy
    def rude():
        raise Rude
    def long():
        raise ValueError("x" * 10_000_000)
    def odd():
        raise type("E\\udcff", (Exception,), {})("\\udcff \\0 \\x1b[2J")
    def fine():
        return 1
    """
    with toy.student(zygotes, source) as student:
        for name, kind in (("shy", "Shy"), ("rude", "Rude"), ("long", "ValueError")):
            with pytest.raises(StudentError) as caught:
                student.call(name)
            assert caught.value.kind == kind
            assert len(caught.value.message) <= 2000
        with pytest.raises(StudentError):
            student.odd()
        assert student.fine() == 1


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install torch",
        "  %timeit 1 + 1",
        "files = !ls",
        "x = %pwd",
        "print?",
        "torch.nn??",
        "?print",
        "%%time",
    ],
)
def test_magics_are_left_out_and_lines_stay(zygotes: Zygotes, magic: str) -> None:
    with toy.session(zygotes, cells(f"{magic}\na = 1\ndef f():\n    return a\ndef g():\n    return 1 / 0")) as session:
        assert session.notes == []
        student = grader.Student(session.ask)
        assert student.f() == 1
        with pytest.raises(StudentError) as caught:
            student.g()
        assert caught.value.place
        assert caught.value.place.where == "cell 1, line 6"


def test_a_cell_of_another_language_is_left_out(zygotes: Zygotes) -> None:
    with toy.session(zygotes, cells("%%bash\necho hello; ls", "%%writefile x.py\nnot python", "a = 7 % 4")) as session:
        assert session.notes == []


def test_python_that_looks_like_a_magic_is_run(zygotes: Zygotes) -> None:
    source = "a = (7\n    % 4)\ntext = '''\n%time\n!ls\n'''\ndef f():\n    return [a, text]"
    with toy.session(zygotes, cells(source)) as session:
        assert session.notes == []
        assert grader.Student(session.ask).f() == [3, "\n%time\n!ls\n"]


def test_what_is_not_there_is_said(zygotes: Zygotes) -> None:
    with toy.student(zygotes, "x = 3\nclass Model:\n    pass\ndef make():\n    return Model()") as student:
        for name in ("missing", "x"):
            with pytest.raises(StudentError) as caught:
                student.call(name)
            assert (caught.value.kind, caught.value.message) == ("NotThere", name)
        model = student.make()
        for ask in (lambda: model.call("train"), lambda: model.part("generator")):
            with pytest.raises(StudentError) as caught:
                ask()
            assert caught.value.kind == "NotThere"
        assert [student.has(name) for name in ("make", "Model", "x", "missing")] == [True, True, False, False]


# Output.


def test_output_is_kept_its_start_at_least(zygotes: Zygotes) -> None:
    source = """
    import sys, os
    print("while loading")
    def f():
        print("printed")
        print("to stderr", file=sys.stderr)
        os.write(1, b"written\\n")
        os.system("echo from a shell")
    def much():
        print("y" * 200_000)
    """
    with toy.session(zygotes, source) as session:
        student = grader.Student(session.ask)
        student.f()
        student.much()
    for said in ("while loading", "printed", "to stderr", "written", "from a shell"):
        assert said in session.output
    assert len(session.output) <= 64 << 10


def test_a_replaced_stdout_hurts_nobody(zygotes: Zygotes) -> None:
    source = """
    import sys, io
    def close():
        sys.stdout.close()
    def replace():
        sys.stdout = sys.stderr = object()
    def capture():
        sys.stdout = io.StringIO()
        print("lost")
    def f():
        return 1
    """
    with toy.student(zygotes, source) as student:
        for name in ("capture", "close", "replace"):
            student.call(name)
            assert student.f() == 1


def test_reading_the_input_finds_its_end(zygotes: Zygotes) -> None:
    with toy.student(zygotes, "def f():\n    return input('name? ')") as student, pytest.raises(StudentError) as caught:
        student.f()
    assert caught.value.kind == "EOFError"


# Values.

GIVE = """
import numpy as np
from collections import OrderedDict, deque, namedtuple
Pair = namedtuple("Pair", "a b")
class Text(str): pass
class Whole(int): pass
class Own:
    pass
def give(name):
    return {
        "none": None, "true": True, "int": 5, "big": 2**62, "bigger": 2**100, "minus": -2**63 - 1,
        "float": 1.5, "text": "σ", "empty": "", "tuple": (1, (2.0, "a")), "list": [1, [2]], "range": range(3),
        "deque": deque([1, 2]), "named": Pair(1, 2), "dict": {"a": 1, "b": {"c": 2}}, "int keys": {0: "a", np.int64(7): "b"},
        "other keys": {1.5: 1, (1, 2): 2, True: 3}, "ordered": OrderedDict(z=1, a=2),
        "str class": Text("t"), "int class": Whole(4),
        "np int": np.int32(7), "np float": np.float32(0.5), "np bool": np.bool_(True), "np str": np.str_("s"),
    }[name]
def array(dtype, shape=(2, 3)):
    return np.asarray(np.arange(int(np.prod(shape))).reshape(shape) % 2).astype(dtype)
def objects(kind):
    return np.array({"numbers": [1, 2.5, True], "none": [None, 1], "empty": []}[kind], dtype=object)
def other(kind):
    return {"set": {1, 2}, "bytes": b"x", "complex": 1j, "function": give, "class": Own, "generator": (i for i in range(3)),
            "own": Own(), "structured": Own}[kind]
def strange(kind):
    return {"complex": np.zeros(2, dtype=complex), "text": np.array(["a"]), "time": np.array(["2020-01-01"], dtype="M8"),
            "structured": np.zeros(2, dtype=[("a", int)]), "axes": np.zeros((1,) * 12)}[kind]
def kinds(*args, **kwargs):
    def kind(v):
        if isinstance(v, np.ndarray):
            return f"{v.dtype} {v.shape} {v.flags.writeable}"
        if isinstance(v, (list, tuple)):
            return [kind(i) for i in v]
        if isinstance(v, dict):
            return {k: kind(i) for k, i in v.items()}
        return type(v).__name__ + (f" {v.dtype} {tuple(v.shape)}" if hasattr(v, "dtype") else "")
    return [kind(list(args)), kind(kwargs)]
def itself():
    a = []; a.append(a); return a
def deep():
    a = 1
    for _ in range(60): a = [a]
    return a
def huge():
    return np.zeros(40_000_000)
def make():
    return Own()
def same(a, b):
    return a is b
"""


@pytest.mark.parametrize(
    ("name", "comes"),
    [
        ("none", None),
        ("true", True),
        ("int", 5),
        ("big", 2**62),
        ("bigger", float(2**100)),
        ("minus", float(-(2**63) - 1)),
        ("float", 1.5),
        ("text", "σ"),
        ("empty", ""),
        ("tuple", [1, [2.0, "a"]]),
        ("list", [1, [2]]),
        ("range", [0, 1, 2]),
        ("deque", [1, 2]),
        ("named", [1, 2]),
        ("dict", {"a": 1, "b": {"c": 2}}),
        ("int keys", {0: "a", 7: "b"}),
        ("ordered", {"z": 1, "a": 2}),
        ("str class", "t"),
        ("int class", 4),
        ("np int", 7),
        ("np float", 0.5),
        ("np bool", True),
        ("np str", "s"),
    ],
)
def test_plain_values_come_back(plain: Any, name: str, comes: Any) -> None:
    found = plain.give(name)
    assert found == comes
    assert type(found) is type(comes)


@pytest.fixture(scope="module")
def plain(zygotes: Zygotes):
    with toy.student(zygotes, GIVE) as student:
        yield student


def test_keys_of_other_types_become_text(plain: Any) -> None:
    assert plain.give("other keys") == {"1.5": 1, "(1, 2)": 2, "True": 3}


@pytest.mark.parametrize(
    ("dtype", "comes"),
    [
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("longdouble", "float64"),
        ("int8", "int64"),
        ("uint8", "int64"),
        ("uint64", "int64"),
        ("int32", "int64"),
        ("bool", "bool"),
        (">f4", "float32"),
    ],
)
@pytest.mark.parametrize("shape", [(2, 3), (), (0, 2)])
def test_arrays_come_back_wide_enough(plain: Any, dtype: str, comes: str, shape: tuple[int, ...]) -> None:
    found = plain.array(dtype, shape)
    assert isinstance(found, np.ndarray)
    assert found.dtype == comes
    assert found.shape == shape
    assert np.array_equal(found, (np.arange(int(np.prod(shape))).reshape(shape) % 2))


def test_arrays_of_objects_that_are_numbers_come_back(plain: Any) -> None:
    assert np.array_equal(plain.objects("numbers"), [1, 2.5, 1])
    for kind in ("none", "empty"):
        with pytest.raises(StudentError) as caught:
            plain.objects(kind)
        assert "is not numeric" in caught.value.message


@pytest.mark.parametrize("kind", ["complex", "text", "time", "structured", "axes"])
def test_arrays_that_are_no_numbers_are_said_so(plain: Any, kind: str) -> None:
    with pytest.raises(StudentError) as caught:
        plain.strange(kind)
    assert caught.value.kind == "TypeError"


@pytest.mark.parametrize("kind", ["set", "bytes", "complex", "function", "class", "generator", "own"])
def test_everything_else_stays_there(plain: Any, kind: str) -> None:
    assert isinstance(plain.other(kind), Remote)


def test_what_cannot_come_back_leaves_the_worker_alive(plain: Any) -> None:
    for name in ("itself", "huge"):
        with pytest.raises(StudentError):
            plain.call(name)
    assert plain.give("int") == 5


def test_a_list_nested_too_deep_is_the_students_mistake(zygotes: Zygotes) -> None:
    """It does not crash, and the message does not claim that someone wrote into the grader's channel."""
    with toy.student(zygotes, GIVE) as student:
        with pytest.raises(StudentError):
            student.deep()
        assert student.give("int") == 5


def test_an_object_is_the_same_when_it_returns(plain: Any) -> None:
    one, other = plain.make(), plain.make()
    assert plain.same(one, one)
    assert not plain.same(one, other)
    assert repr(one) == "an object of class Own"


def test_objects_are_forgotten_between_checks(zygotes: Zygotes) -> None:
    with toy.session(zygotes, GIVE) as session:
        student = grader.Student(session.ask)
        old = student.make()
        session.begin()
        with pytest.raises(StudentError):
            student.same(old, old)


def test_what_students_are_given(plain: Any) -> None:
    args, kwargs = plain.kinds(
        np.zeros((2, 3)),
        np.float64(1),
        np.arange(3, dtype=np.uint8),
        np.array(2.0),
        np.zeros(2) > 1,
        [np.ones(1), (1, "a")],
        {"k": np.zeros(2), 3: None},
        tensor(np.zeros(2)),
        tensor(np.zeros(2, dtype=np.float32)),
        tensor(np.arange(2)),
        images(np.zeros((5, 4, 3))),
        images(np.zeros((2, 5, 4, 3))),
        tensor(images(np.zeros((5, 4, 3), dtype=np.float32))),
        flag=True,
        x=np.zeros(1),
    )
    assert args == [
        "float32 (2, 3) True",
        "float",
        "int64 (3,) True",
        "float32 () True",
        "bool (2,) True",
        ["float32 (1,) True", ["int", "str"]],
        {"k": "float32 (2,) True", 3: "NoneType"},
        "Tensor torch.float64 (2,)",
        "Tensor torch.float32 (2,)",
        "Tensor torch.int64 (2,)",
        "float32 (3, 5, 4) True",
        "float32 (2, 3, 5, 4) True",
        "Tensor torch.float32 (3, 5, 4)",
    ]
    assert kwargs == {"flag": "bool", "x": "float32 (1,) True"}


def test_a_request_that_cannot_be_sent_is_our_fault(zygotes: Zygotes) -> None:
    for argument in (object(), 1j, np.zeros(2, dtype=complex)):
        with toy.student(zygotes, "def f(x):\n    return 1") as student, pytest.raises(GraderError):
            student.f(argument)


# Tensors and models.

TORCH = """
import numpy as np
import torch
from torch import nn

def identity(x):
    return x
def tensors():
    w = torch.ones(2, 3, requires_grad=True)
    return {"grad": w * 2, "half": torch.ones(2, dtype=torch.float16), "b": torch.ones(2, dtype=torch.bfloat16),
            "sparse": torch.eye(3).to_sparse(), "scalar": torch.tensor(3.5), "bool": torch.tensor([True, False]),
            "transposed": torch.arange(6).reshape(2, 3).T, "parameter": nn.Parameter(torch.zeros(2))}
class Net(nn.Module):
    def __init__(self, frozen=False):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(4, 2)
        self.unused = nn.Parameter(torch.ones(1))
        self.drop.eval()
        if frozen:
            self.first.requires_grad_(False)
    def forward(self, x):
        return self.last(torch.tanh(self.norm(self.first(x))))
    def modes(self):
        return [self.training, self.norm.training, self.drop.training]
def build(frozen=False):
    torch.manual_seed(0)
    return Net(frozen)
def image_net():
    return nn.Conv2d(3, 2, 1, bias=False)
def lazy():
    return nn.LazyLinear(2)
class Holder:
    def __init__(self):
        self.inner = build()
    def answer(self, x):
        return self.inner.eval()(torch.as_tensor(x))
def holder():
    return Holder()
def as_lambda():
    return lambda x: x * 2
def cut(x):
    return x.detach() * 2
def square(x, scale):
    return (x ** 2 * scale).sum(dim=1)
def over_two(pair):
    return (pair[0] * pair[1]).sum() + 0 * pair[0].sum()
def not_a_tensor(x):
    return 3.0
"""


@pytest.fixture(scope="module")
def torch_side(zygotes: Zygotes):
    with toy.student(zygotes, TORCH) as student:
        yield student


def test_tensors_come_back_as_numpy(torch_side: Any) -> None:
    found = torch_side.tensors()
    assert {name: (value.dtype.name, value.shape) for name, value in found.items()} == {
        "grad": ("float32", (2, 3)),
        "half": ("float32", (2,)),
        "b": ("float32", (2,)),
        "sparse": ("float32", (3, 3)),
        "scalar": ("float32", ()),
        "bool": ("bool", (2,)),
        "transposed": ("int64", (3, 2)),
        "parameter": ("float32", (2,)),
    }
    assert np.array_equal(found["transposed"], np.arange(6).reshape(2, 3).T)


def test_images_are_turned_both_ways(torch_side: Any) -> None:
    for shape in ((5, 4, 3), (2, 5, 4, 3)):
        pictures = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        seen = torch_side.identity(images(pictures))
        assert np.array_equal(seen, np.moveaxis(pictures, -1, -3))
        assert np.array_equal(torch_side.identity(images(pictures), gives="images"), pictures)
        assert np.array_equal(torch_side.identity(tensor(images(pictures)), gives="images"), pictures)
    model = torch_side.image_net()
    (kernel,) = model.parameters().values()
    pictures = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype(np.float32)
    answer = model.forward(images(pictures), gives="images")
    assert np.allclose(answer, pictures @ kernel[:, :, 0, 0].T, atol=1e-5)


def test_parameters_buffers_and_assignment(torch_side: Any) -> None:
    model = torch_side.build()
    parameters, buffers = model.parameters(), model.buffers()
    assert list(parameters) == [
        "unused",
        "first.weight",
        "first.bias",
        "norm.weight",
        "norm.bias",
        "last.weight",
        "last.bias",
    ]
    assert list(buffers) == ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    model.set_parameters({"last.bias": np.array([1.0, 2.0])})
    model.set_buffers({"norm.running_mean": np.full(4, 3.0)})
    assert np.array_equal(model.parameters()["last.bias"], [1, 2])
    assert np.array_equal(model.buffers()["norm.running_mean"], [3, 3, 3, 3])
    assert np.array_equal(parameters["last.bias"], model.parameters()["last.bias"]) is False
    for wrong in ({"last.bias": np.zeros(3)}, {"nowhere": np.zeros(2)}):
        with pytest.raises(StudentError):
            model.set_parameters(wrong)


def test_the_mode_is_as_before(torch_side: Any) -> None:
    model = torch_side.build()
    x = np.random.default_rng(0).normal(size=(8, 3))
    before = model.modes()
    assert before == [True, True, False]
    statistics = model.buffers()
    model.forward(x, training=False)
    assert model.modes() == before
    assert np.array_equal(statistics["norm.running_mean"], model.buffers()["norm.running_mean"])
    model.forward(x, training=True)
    assert model.modes() == before
    assert not np.array_equal(statistics["norm.running_mean"], model.buffers()["norm.running_mean"])
    with pytest.raises(StudentError):
        model.forward(np.zeros((2, 7)))
    assert model.modes() == before


@pytest.mark.parametrize("frozen", [False, True])
def test_gradients_are_right_also_of_frozen_parameters(torch_side: Any, frozen: bool) -> None:

    model = torch_side.build(frozen)
    rng = np.random.default_rng(0)
    x, cotangent = rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=(5, 2)).astype(np.float32)
    start = model.parameters()
    slopes = model.gradients(x, cotangent)
    assert list(slopes) == list(start)
    assert slopes.pop("unused") is None
    start.pop("unused")

    def loss_of(values: dict[str, Any]) -> float:
        model.set_parameters(values)
        return float(np.sum(model.forward(x).astype(np.float64) * cotangent))

    gradients_match(loss_of, start, slopes, Draw(1), tried="the adapter")


def test_gradients_leave_nothing_behind(torch_side: Any) -> None:
    model = torch_side.build()
    x, cotangent = np.ones((2, 3)), np.ones((2, 2))
    first = model.gradients(x, cotangent)
    second = model.gradients(x, cotangent)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_gradients_in_inputs_and_of_functions(torch_side: Any) -> None:
    model = torch_side.build()
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    cotangent = np.ones((4, 2))
    slope = model.input_gradient(x, cotangent)
    step = np.zeros_like(x)
    step[1, 2] = 1e-2
    difference = float((model.forward(x + step) - model.forward(x - step)).sum()) / 2e-2
    assert abs(slope[1, 2] - difference) < 1e-3
    z = np.random.default_rng(1).normal(size=(3, 2))
    assert np.allclose(
        torch_side.gradient("square", tensor(z), 3.0, cotangent=np.array([1, 2, 3])), 6 * z * [[1], [2], [3]]
    )
    assert np.allclose(torch_side.gradient("square", tensor(z), tensor(2 * z)), 4 * z * z)
    both = torch_side.gradient("over_two", [tensor(z), tensor(2 * z)])
    assert np.allclose(both[0], 2 * z) and np.allclose(both[1], z)
    assert torch_side.gradient("cut", tensor(z)) is None
    assert torch_side.gradient("not_a_tensor", tensor(z)) is None


def test_lazy_models_lambdas_and_parts(torch_side: Any) -> None:
    model = torch_side.lazy().ready(np.ones((2, 5)))
    assert model.parameters()["weight"].shape == (2, 5)
    assert np.array_equal(torch_side.as_lambda().forward(np.ones(2)), [2, 2])
    holder = torch_side.holder()
    x = np.ones((2, 3), dtype=np.float32)
    assert np.array_equal(holder.part("inner").forward(x), holder.answer(x))


def test_the_same_seed_the_same_draws(zygotes: Zygotes) -> None:
    source = """
    import random, numpy as np, torch
    def draws():
        return [random.random(), np.random.normal(), float(torch.rand(1))]
    """
    seen: list[list[float]] = []
    for _ in range(2):
        with toy.student(zygotes, source) as student:
            student.seed(2**31 - 1)
            seen.append([*student.draws(), *student.draws()])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 6


KERAS = """
import keras
import numpy as np
import tensorflow as tf

def tensors():
    return {"variable": tf.Variable([1.0, 2.0]), "half": tf.ones(2, dtype=tf.float16), "scalar": tf.constant(3.5),
            "int": tf.constant([1, 2]), "own": keras.Variable(np.zeros((2, 2)), dtype="float32")}
def identity(x):
    return x
class Net(keras.Model):
    def __init__(self, frozen=False):
        super().__init__()
        self.first = keras.layers.Dense(4, activation="tanh", name="first")
        self.norm = keras.layers.BatchNormalization(name="norm")
        self.last = keras.layers.Dense(2, name="last")
        self.first.trainable = not frozen
        self.modes = []
    def call(self, x, training=False):
        self.modes.append(training)
        return self.last(self.norm(self.first(x), training=training))
    def seen(self):
        return list(self.modes)
def build(frozen=False):
    keras.utils.set_random_seed(0)
    return Net(frozen)
def square(x):
    return tf.reduce_sum(x ** 2)
def cut(x):
    return tf.stop_gradient(x)
def traced(x):
    @tf.function
    def inner(x):
        if tf.reduce_sum(x) > 0:
            return x + 1
        return x - 1
    return inner(x)
def give():
    raise ValueError("here")
"""


@pytest.fixture(scope="module")
def keras_side(zygotes: Zygotes):
    with toy.student(zygotes, KERAS, "keras", check_seconds=60) as student:
        yield student


def test_keras_values(keras_side: Any) -> None:
    found = keras_side.tensors()
    assert {name: (value.dtype.name, value.shape) for name, value in found.items()} == {
        "variable": ("float32", (2,)),
        "half": ("float32", (2,)),
        "scalar": ("float32", ()),
        "int": ("int64", (2,)),
        "own": ("float32", (2, 2)),
    }
    pictures = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype(np.float32)
    assert np.array_equal(keras_side.identity(images(pictures)), pictures)
    assert np.array_equal(keras_side.traced(tensor(np.ones(2))), [2, 2])
    with pytest.raises(StudentError) as caught:
        keras_side.give()
    assert caught.value.place and caught.value.place.code == 'raise ValueError("here")'


@pytest.mark.parametrize("frozen", [False, True])
def test_keras_models(keras_side: Any, frozen: bool) -> None:

    rng = np.random.default_rng(0)
    x, cotangent = rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=(5, 2)).astype(np.float32)
    model = keras_side.build(frozen).ready(x)
    start = model.parameters()
    assert len(start) == 6
    assert {name.rpartition("/")[2] for name in model.buffers()} == {"moving_mean", "moving_variance"}
    slopes = model.gradients(x, cotangent)

    def loss_of(values: dict[str, Any]) -> float:
        model.set_parameters(values)
        return float(np.sum(model.forward(x).astype(np.float64) * cotangent))

    gradients_match(loss_of, start, slopes, Draw(1), tried="the adapter")
    model.set_parameters(start)
    statistics = model.buffers()
    model.forward(x, training=True)
    assert any(not np.array_equal(value, model.buffers()[name]) for name, value in statistics.items())
    assert model.seen()[-1] is True
    assert model.input_gradient(x, cotangent).shape == x.shape
    assert np.allclose(keras_side.gradient("square", tensor(x)), 2 * x)
    assert keras_side.gradient("cut", tensor(x)) is None


# The worker's view of the machine.


LOOK = """
import os, sys
def environment():
    return dict(os.environ)
def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass
    return found
def here():
    open("left.txt", "w").write("x")
    return os.getcwd()
def listing():
    return os.listdir()
def importable(names):
    import importlib.util
    return [name for name in names if importlib.util.find_spec(name)]
def path():
    return sys.path
def modules():
    return sorted(sys.modules)
def pid():
    return os.getpid()
def status():
    return open("/proc/self/status").read()
def f():
    return 1
"""


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_environment_is_empty_of_ours(
    zygotes: Zygotes, monkeypatch: pytest.MonkeyPatch, framework: FrameworkName
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("AUTOGRADER_DEBUG", "1")
    with toy.student(zygotes, LOOK, framework) as student:
        seen, here = student.environment(), student.here()
    ours = {"PATH", "LANG", "HOME", "TMPDIR", "KERAS_HOME", "TORCHINDUCTOR_CACHE_DIR", "MPLCONFIGDIR"}
    quiet = {"PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE", "KERAS_BACKEND", "MPLBACKEND"}
    framework_ = {name for name in seen if name.startswith(("TF_", "OMP_", "MKL_", "OPENBLAS_"))}
    kept = {"AUTOGRADER_DATA", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"}
    assert set(seen) <= ours | quiet | framework_ | kept
    assert "hunter2" not in str(seen)
    assert seen["HOME"] == seen["TMPDIR"] == here
    assert Path(here) != Path.home()
    assert not Path(here).exists()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_temporary_files_lie_in_the_private_folder(zygotes: Zygotes, framework: FrameworkName) -> None:
    source = """
    import tempfile
    def look():
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("x")
            return [tempfile.gettempdir(), file.name, tempfile.mkdtemp()]
    """
    with toy.student(zygotes, LOOK + textwrap.dedent(source), framework) as student:
        here = student.here()
        assert all(path.startswith(here) for path in student.look())


def test_no_descriptor_of_the_grader_comes_along(zygotes: Zygotes, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    handle = os.open(secret, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        with toy.student(zygotes, LOOK) as student, toy.student(zygotes, LOOK) as second:
            student.f()
            second.f()
            for each in (student, second):
                seen = each.descriptors()
                assert "secret" not in str(seen)
                # stdin, stdout, stderr, the wire, and perhaps the directory listing itself.
                assert set(seen) <= {"0", "1", "2", "3", "4"}
                assert seen["0"] == "/dev/null"
                assert seen["3"].startswith("socket:")
    finally:
        os.close(handle)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_neither_solutions_nor_checks_are_near(zygotes: Zygotes, framework: FrameworkName) -> None:
    root = Path(__file__).resolve().parent.parent
    with toy.student(zygotes, LOOK, framework) as student:
        found = student.importable(["solutions", "tests", "assignments", "numpy", "shared"])
        assert found == ["numpy", "shared"]
        assert "" not in student.path()
        loaded = [name for name in student.modules() if name.partition(".")[0] in ("autograder", "solutions", "tests")]
        assert all(name == "autograder" or name.startswith("autograder.worker") for name in loaded)
        assert str(root / "solutions") not in student.path()


def test_each_student_has_a_process_and_a_folder_of_its_own(zygotes: Zygotes, monkeypatch: pytest.MonkeyPatch) -> None:
    # It has a folder of its own, which stays until the zygote ends.
    zygotes.of("torch")
    with tempfile.TemporaryDirectory() as folder:
        # Not pytest's own: its parents are closed to the worker's user.
        Path(folder).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        _write_in_folders_of_their_own(zygotes)
        assert not list(Path(folder).iterdir())


def _write_in_folders_of_their_own(zygotes: Zygotes) -> None:
    with toy.student(zygotes, LOOK) as one, toy.student(zygotes, LOOK) as other:
        assert one.pid() != other.pid()
        assert one.here() and one.listing() == ["left.txt"]
        assert other.listing() == []


def test_a_worker_is_gone_after_it_is_closed(zygotes: Zygotes) -> None:
    with toy.student(zygotes, LOOK) as student:
        pid = outside(zygotes.of("torch"), student.pid())
    assert gone(pid)


def test_what_one_student_changes_the_next_does_not_see(zygotes: Zygotes) -> None:
    spoil = """
    import numpy, torch, math, builtins
    numpy.mean = torch.sum = math.exp = None
    builtins.oct = lambda x: 7
    def f():
        return oct(8)
    """
    with toy.student(zygotes, spoil) as student:
        assert student.f() == 7
    look = "import numpy, torch, math\ndef f():\n    return [oct(8), float(numpy.mean([1, 3])), math.exp(0)]"
    with toy.student(zygotes, look) as student:
        assert student.f() == ["0o10", 2, 1]


def test_a_fresh_worker_after_a_crash(zygotes: Zygotes) -> None:
    source = "import os\ncount = 0\ndef die():\n    os._exit(1)\ndef f():\n    global count\n    count += 1\n    return count"
    with toy.session(zygotes, source) as session:
        student = grader.Student(session.ask)
        assert (student.f(), student.f()) == (1, 2)
        with pytest.raises(LimitExceeded):
            student.die()
        with pytest.raises(LimitExceeded):
            student.f()
        session.begin()
        assert student.f() == 1


# Failures on the grader's side.


@pytest.mark.slow
def test_a_zygote_killed_between_two_submissions_costs_nobody_a_point(tmp_path: Path) -> None:
    exercise = toy.load(toy.project(tmp_path))
    with Zygotes() as own:
        zygote = own.of("torch")
        assert zygote
        child = zygote._process  # pyright: ignore[reportPrivateUsage]
        job = grader.Job(exercise, 1, own.of)
        assert grader.grade(toy.handed_in(toy.RIGHT), job).score == 20
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        # Another worker is started, or the report says that the grader failed.
        assert grader.grade(toy.handed_in(toy.RIGHT), job).score in (20, None)


@pytest.mark.slow
def test_a_zygote_killed_during_a_check_is_our_failure(tmp_path: Path) -> None:
    checks = '''
    import os, signal
    from autograder import check, expect

    @check("part.first")
    def _(student):
        """It answers"""
        expect.equal(student.one(), 1, tried="one()")
        os.kill(int(os.environ["TOY_ZYGOTE"]), signal.SIGKILL)
        for _ in range(1000):
            student.one()
    '''
    exercise = toy.load(toy.project(tmp_path, checks, {"part": {"first": 20}}))
    with Zygotes() as own, pytest.MonkeyPatch.context() as patch:
        zygote = own.of("torch")
        assert zygote
        patch.setenv("TOY_ZYGOTE", str(zygote._process.pid))  # pyright: ignore[reportPrivateUsage]
        result = grader.grade(toy.handed_in(toy.RIGHT), grader.Job(exercise, 1, own.of))
    assert result.score is None, result.checks[0].saw


def test_a_worker_without_its_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from autograder.errors import UsageError
    from autograder.execution.environment import require

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"torch is not installed.*pip install"):
        require("torch")


def test_a_zygote_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho no such library >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(GraderError, match="no such library"):
        Zygote("torch")
    with pytest.raises((GraderError, LimitExceeded)):
        worker = Worker("torch", Budget(), None)
        try:
            worker.ask("hello", seconds=5)
        finally:
            worker.close()
