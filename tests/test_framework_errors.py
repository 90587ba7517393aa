"""Exceptions of the frameworks that students meet often: as they are raised today, each has its likely cause."""

from __future__ import annotations

import pytest

from autograder.errors import StudentError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import diagnose, grader
from autograder.worker.names import FrameworkName
from tests import toy

NUMPY = {
    "np.sum(np.ones(3), axis=1)": "fewer axes",
    "np.ones(3) + np.ones(4)": "print both",
    "np.ones((2, 3)) @ np.ones(4)": "print both",
    "np.ones(3).reshape(3, axis=1)": "This call lacks an argument",
    "np.random.default_rng(1).choice(2, p=[0.5, 0.9])": "take the softmax",
}
TORCH = NUMPY | {
    "torch.ones(3).softmax(dim=1)": "fewer axes",
    "torch.ones(3).softmax()": "This call lacks an argument",
    "torch.ones(3).sum(keepdim=True)": "This call lacks an argument",
    "torch.ones(3).repeat_interleave(2, dim=0) + torch.ones(4)": "print both",
    "torch.cat([torch.ones(2, 3), torch.ones(2, 4)])": "print both",
    "torch.ones(3).expand(4)": "print both",
    "torch.ones(2, 3) @ torch.ones(4, 2)": "print both",
    "torch.nn.functional.binary_cross_entropy(2 * torch.ones(3), torch.ones(3))": "takes probabilities",
    "torch.multinomial(-torch.ones(3), 1)": "take the softmax",
    "torch.nn.LSTM(3, 5)(torch.ones(4, 2, 3), (torch.ones(1, 1, 5), torch.ones(1, 1, 5)))": "layers, batch, units",
    "torch.nn.GRU(3, 5)(torch.ones(4, 2, 3), torch.ones(1, 1, 5))": "layers, batch, units",
    "torch.nn.Embedding(3, 5)(torch.tensor([3]))": "beyond the rows",
    "torch.nn.Linear(3, 1).weight.clamp_(0, 1)": "inside `torch.no_grad()`",
    "torch.nn.Linear(3, 1).weight[0].mul_(2)": "inside `torch.no_grad()`",
    "torch.nn.LSTM(3, 5)(torch.ones(4, 2, 3)).detach()": "several results",
    "torch.nn.Linear(3, 1)(torch.ones(2, 3)).numpy()": "`.detach()`",
}
KERAS = NUMPY | {
    "tf.reduce_sum(tf.ones(3), axis=1)": "fewer axes",
    "ops.softmax(tf.ones(3), axis=1)": "fewer axes",
    "ops.expand_dims(tf.ones(3), axis=3)": "fewer axes",
    "tf.ones(3) + tf.ones(4)": "print both",
    "tf.concat([tf.ones((2, 3)), tf.ones((2, 4))], axis=0)": "print both",
    "tf.ones((2, 3)) @ tf.ones((4, 2))": "print both",
    "tf.function(lambda: tf.ones((2, 3)) * tf.ones((4, 2)))()": "print both",
    "keras.layers.Embedding(3, 5)(tf.constant([3]))": "beyond the rows",
    "keras.layers.LSTM(5, return_state=True)(tf.ones((2, 4, 3))).numpy()": "take the one that is meant",
}
CASES: dict[FrameworkName, dict[str, str]] = {"torch": TORCH, "keras": KERAS}
IMPORTS = {"torch": "import torch", "keras": "import keras\nimport tensorflow as tf\nfrom keras import ops"}


@pytest.mark.parametrize("framework", CASES)
def test_each_has_a_likely_cause(zygotes: Zygotes, framework: FrameworkName) -> None:
    functions = "\n".join(f"def fails_{number}():\n    {code}" for number, code in enumerate(CASES[framework]))
    source = f"FRAMEWORK = {framework!r}\nimport numpy as np\n{IMPORTS[framework]}\n{functions}"
    with toy.session(zygotes, toy.handed_in(source, framework)) as session:
        for number, words in enumerate(CASES[framework].values()):
            with pytest.raises(StudentError) as raised:
                grader.Student(session.ask).call(f"fails_{number}")
            assert words in diagnose.raised(raised.value, "It runs.").likely, raised.value
