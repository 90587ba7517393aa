"""What `trainable` does in Keras 3 on TensorFlow: the GAN exercises teach these facts, and their checks rely on them.

These tests detect a new version of Keras that changes a fact before students notice it. A worker's Keras, which traces
less, must agree in every fact.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import json
import keras
import numpy as np

def gan(batch_norm=False):
    layers = [keras.Input((2,)), keras.layers.Dense(4)]
    layers += [keras.layers.BatchNormalization()] if batch_norm else []
    d = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    g = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    d.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    return g, d

def composite(g, d):
    both = keras.Sequential([g, d])
    both.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    return both

def moved(step, **nets):
    before = {name: [np.array(v) for v in net.weights] for name, net in nets.items()}
    step()
    return [name for name, net in nets.items() if any(np.any(a != v.numpy()) for a, v in zip(before[name], net.weights))]

def on(model, rows=8):
    width = model.input_shape[1]
    return lambda: model.train_on_batch(np.random.normal(size=(rows, width)), np.arange(rows)[:, None] % 2)

found = {}

g, d = gan()
d.trainable = False
both = composite(g, d)
found["frozen after compile"] = [moved(on(d), g=g, d=d), moved(on(both), g=g, d=d)]
d.trainable = True
found["set free after the first step"] = moved(on(d), g=g, d=d)

g, d = gan()
on(d)()
d.trainable = False
both = composite(g, d)
found["trained once, then frozen"] = [moved(on(d), g=g, d=d), moved(on(both), g=g, d=d)]

g, d = gan()
both = composite(g, d)
on(both)()
d.trainable = False
found["frozen after the composite has trained"] = moved(on(both), g=g, d=d)
both.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
found["and compiled again"] = moved(on(both), g=g, d=d)

g, d = gan()
both = composite(g, d)
steps = []
for _ in range(2):
    d.trainable = True
    steps.append(moved(on(d), g=g, d=d))
    d.trainable = False
    steps.append(moved(on(both), g=g, d=d))
found["set before every step"] = steps
steps = []
for rows in (12, 16):
    d.trainable = True
    steps.append(moved(on(d, rows), g=g, d=d))
    d.trainable = False
    steps.append(moved(on(both, rows), g=g, d=d))
found["the same with other sizes of batch"] = steps
found["what a composite with a frozen net is to learn"] = len(both.trainable_variables)

g, d = gan(batch_norm=True)
x = np.random.normal(3, 2, size=(8, 2))
norm = d.layers[1]
def differs():
    return bool(np.abs(d(x, training=True) - d(x, training=False)).max() > 1e-3)
found["batch norm"] = {"training": differs(), "its statistics move": bool(moved(lambda: d(x, training=True), norm=norm))}
d.trainable = False
found["frozen batch norm"] = {"training": differs(), "its statistics move": bool(moved(lambda: d(x, training=True), norm=norm))}
both = composite(g, d)
found["a composite over frozen batch norm"] = moved(on(both), g=g, norm=norm)

traced = []
class Counting(keras.layers.Layer):
    def call(self, x):
        traced.append(x)
        return x

keras.utils.set_random_seed(1)
x = np.random.normal(size=(8, 2))
model = keras.Sequential([keras.Input((2,)), Counting(), keras.layers.Dense(3), keras.layers.Dense(1)])
model.compile("adam", "mse")
traced.clear()
losses = model.fit(x, x[:, :1], epochs=5, batch_size=4, verbose=0).history["loss"]
found["traced"] = len(traced)
found["losses"] = losses
found["weights"] = [v.numpy().tolist() for v in model.weights]

class HalfBuilt(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(1)

    def build(self, shape):
        self.first.build(shape)

    def call(self, x):
        return self.second(self.first(x))

keras.utils.set_random_seed(1)
model = HalfBuilt()
model.build((None, 2))
model.compile("adam", "mse")
found["half built"] = [model.built, len(model.trainable_variables)]
losses = model.fit(x, x[:, :1], epochs=5, batch_size=4, verbose=0).history["loss"]
found["losses of the half built"] = losses

print(json.dumps(found))
"""


AS_IT_COMES = ""
AS_A_WORKER_HAS_IT = "from autograder.worker.frameworks import keras as worker\nworker.preload()\n"


@cache
def facts(before: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", before + PROGRAM], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=[AS_IT_COMES, AS_A_WORKER_HAS_IT], ids=["as it comes", "as a worker has it"])
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    return facts(request.param)


def test_a_worker_traces_once_and_computes_the_same_numbers() -> None:
    ours, theirs = facts(AS_A_WORKER_HAS_IT), facts(AS_IT_COMES)
    assert (ours["traced"], theirs["traced"]) == (1, 2)
    assert (ours["losses"], ours["weights"]) == (theirs["losses"], theirs["weights"])


def test_a_model_that_is_half_built_learns(found: dict[str, Any]) -> None:
    assert found["half built"] == [True, 2]
    assert found["losses of the half built"] == facts(AS_IT_COMES)["losses of the half built"]


def test_a_net_that_is_frozen_between_compile_and_its_first_step_never_learns(found: dict[str, Any]) -> None:
    """The lectures' order. No error is raised: the composite's G learns against a D that does not change."""
    assert found["frozen after compile"] == [[], ["g"]]
    assert found["set free after the first step"] == []


def test_a_net_that_was_trained_once_before_it_was_frozen_goes_on_learning(found: dict[str, Any]) -> None:
    assert found["trained once, then frozen"] == [["d"], ["g"]]


def test_freezing_after_the_first_step_does_nothing_until_compiled_again(found: dict[str, Any]) -> None:
    assert found["frozen after the composite has trained"] == ["g", "d"]
    assert found["and compiled again"] == ["g"]


def test_setting_it_before_every_step_moves_one_net_at_a_time(found: dict[str, Any]) -> None:
    """Also if a different batch size causes the step to be traced again."""
    assert found["set before every step"] == [["d"], ["g"]] * 2
    assert found["the same with other sizes of batch"] == [["d"], ["g"]] * 2
    assert found["what a composite with a frozen net is to learn"] == 2


def test_frozen_batch_norm_is_in_inference_mode_whatever_it_is_told(found: dict[str, Any]) -> None:
    assert found["batch norm"] == {"training": True, "its statistics move": True}
    assert found["frozen batch norm"] == {"training": False, "its statistics move": False}
    assert found["a composite over frozen batch norm"] == ["g"]
