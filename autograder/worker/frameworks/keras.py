"""Keras 3 on TensorFlow: images are channels-last, models are `keras.Model`s or layers."""

# Keras and TensorFlow ship no type stubs; what leaves this module is NumPy.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import functools
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary, ref

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops

from autograder.worker.arrays import Numbers
from autograder.worker.names import FrameworkName

NAME: FrameworkName = "keras"


def versions() -> dict[str, str]:
    """Keras' and TensorFlow's versions."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}


def preload() -> None:
    """Use one thread, set before the first operation: a process with a second thread cannot fork safely."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    # Grappler works longer on the small functions of an exercise than it saves: on all that `fit` makes anew in each
    # epoch for its data too. Results are the same.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    keras.Model.make_train_function = _trace_once(keras.Model.make_train_function)
    # TensorFlow stores the Python stack of each operation that it traces. That takes a seventh of a trace, and puts dozens
    # of the grader's own lines before the reason in the message of an error.
    without_stack = functools.partial(ops._create_c_op, extract_traceback=False)  # pyright: ignore[reportPrivateUsage]
    ops._create_c_op = without_stack  # pyright: ignore[reportPrivateUsage]


def _trace_once(original: Callable[..., None]) -> Callable[..., None]:
    """Create the optimiser's variables before tracing, as Keras does on its other backends.

    TensorFlow traces a function twice if it creates variables, and in Keras' own training step the optimiser creates
    its variables. This halves the cost of the first step, and does not change the results.
    """

    @functools.wraps(original)
    def make_train_function(model: Any, force: bool = False) -> None:
        optimizer, weights = model.optimizer, model.trainable_variables
        about_to_trace = model.train_function is None or force
        if about_to_trace and optimizer and not optimizer.built and weights and _trains_as_keras_does(model):
            optimizer.build(weights)
        original(model, force)

    return make_train_function


def _trains_as_keras_does(model: Any) -> bool:
    """Whether the model uses Keras' own training step, and all its layers are built and have their variables."""
    return type(model).train_step is keras.Model.train_step and all(layer.built for layer in _layers(model))


def seed(seed: int) -> None:
    """Seed all three generators, including Keras' own."""
    random.seed(seed)
    keras.utils.set_random_seed(seed % 2**32)


def eagerly(on: bool) -> None:
    """Applies to every `tf.function`, and therefore to `fit`, `train_on_batch` and `predict`."""
    # The student did not cause this warning and cannot avoid it.
    warnings.filterwarnings("ignore", "Even though the `tf.config", UserWarning)
    tf.config.run_functions_eagerly(on)


def draws_repeat() -> bool:
    """Whether the same seed gives the same random numbers, for every generator."""

    def draws() -> list[float]:
        seed(20)
        keras_draws: Any = keras.random.uniform((3,))
        return [random.random(), np.random.normal(), *keras_draws.numpy().tolist()]

    return draws() == draws()


def tensor(values: Numbers) -> Any:
    """A constant of the same dtype."""
    return tf.constant(np.array(values))


def array(value: Any) -> Numbers | None:
    """The values of a tensor or a variable; `IndexedSlices` are made dense."""
    if isinstance(value, tf.IndexedSlices):
        value = tf.convert_to_tensor(value)
    if isinstance(value, tf.Tensor | tf.Variable | keras.Variable):
        plain: Numbers = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        return plain.astype(np.float32) if plain.dtype.name in ("bfloat16", "float16") else plain
    return None


def images_in(values: Numbers) -> Numbers:
    """No conversion: Keras images are channels-last."""
    return values


def images_out(values: Numbers) -> Numbers:
    """No conversion: Keras images are channels-last."""
    return values


def ready(model: Any, example: Numbers) -> None:
    """Call the model, because a subclass's `build()` may create no weights; the resulting state is reset."""
    if isinstance(model, keras.Layer) and all(layer.built for layer in _layers(model)):
        return
    forward(model, np.zeros_like(example), training=False)
    for layer in _layers(model):
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            # Not `reset_state`, which fails if a layer has several cells.
            for state in keras.tree.flatten(layer.states):
                state.assign(keras.ops.zeros_like(state))


def forward(model: Any, inputs: Numbers, training: bool) -> Any:
    """Call the model directly, because `predict` costs 49 ms."""
    return _call_often(model, tf.constant(np.array(inputs)), training)


def parameters(model: Any) -> dict[str, Numbers]:
    """The trainable variables, by `variable.path`."""
    return {path: _numbers(variable) for path, variable in _learned(model).items()}


def buffers(model: Any) -> dict[str, Numbers]:
    """All other variables of the model, except the counters of its random generators."""
    return {path: _numbers(variable) for path, variable in _kept(model).items()}


def assign(model: Any, values: dict[str, Numbers]) -> None:
    """Assign in place, so that references in optimisers and traced functions stay valid."""
    variables = _learned(model) | _kept(model)
    for path, numbers in values.items():
        variables[path].assign(np.array(numbers))


def gradients(model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> dict[str, Numbers | None]:
    """With `tf.GradientTape`, also for frozen parameters: the mathematical gradient is requested."""
    variables = _learned(model)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables.values():
            tape.watch(variable.value)
        output = _call(model, tf.constant(np.array(inputs)), training)
    slopes = tape.gradient(output, [variable.value for variable in variables.values()], _like(output, cotangent))
    return {path: array(slope) for path, slope in zip(variables, slopes, strict=True)}


def input_gradient(model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> Numbers | None:
    """With `tf.GradientTape`."""
    x = tf.constant(np.array(inputs))
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = _call(model, x, training)
    return array(tape.gradient(output, x, _like(output, cotangent)))


def function_gradient(function: Any, args: list[Any], wrt: int, cotangent: Numbers | None) -> Any:
    """With `tf.GradientTape`; also `None` if the result does not depend on any tensor."""
    several = isinstance(args[wrt], list)
    leaves = list(args[wrt]) if several else [args[wrt]]
    with tf.GradientTape() as tape:
        for leaf in leaves:
            tape.watch(leaf)
        output = function(*args)
    slopes: Any = [None] * len(leaves)
    if tf.is_tensor(output):
        slopes = tape.gradient(output, leaves, None if cotangent is None else _like(output, cotangent))
    gradients = [array(slope) for slope in slopes]
    return gradients if several else gradients[0]


def _call(model: Any, x: Any, training: bool) -> Any:
    return model(x, training=training) if isinstance(model, keras.Layer) else model(x)


_TRACED_FROM = 10
"""Calls of a model with inputs of one shape after which it is traced: tracing costs about as much as these."""
_called: WeakKeyDictionary[Any, Counter[Any]] = WeakKeyDictionary()
_traced: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _call_often(model: Any, x: Any, training: bool) -> Any:
    """`_call`, traced if it is called often and only Keras' own code is in it: traced, a student's may do something else.

    Not in training mode: there, batch normalisation depends on `trainable`, which may change from call to call.
    """
    own = isinstance(model, keras.Layer) and all(_is_keras_own(layer) for layer in _layers(model))
    if training or not own:
        return _call(model, x, training)
    kind = (tuple(x.shape), x.dtype)
    calls = _called.setdefault(model, Counter())
    calls[kind] += 1
    if calls[kind] <= _TRACED_FROM:
        return _call(model, x, training)
    if model not in _traced:
        _traced[model] = tf.function(functools.partial(_infer, ref(model)))
    return _traced[model](x)


def _infer(model: ref[Any], x: Any) -> Any:
    return _call(model(), x, training=False)


def _is_keras_own(layer: Any) -> bool:
    return type(layer).__module__.startswith("keras.src.") and not isinstance(layer, keras.layers.Lambda)


def _layers(model: Any) -> Iterator[Any]:
    if not isinstance(model, keras.Layer):
        raise TypeError(f"expected a keras.Model, not a {type(model).__name__}")
    yield from model._flatten_layers()  # pyright: ignore[reportPrivateUsage]


def _learned(model: Any) -> dict[str, Any]:
    """Variables created as trainable, even if frozen later: `trainable_variables` is empty for a frozen model."""
    return _by_path(variable for layer in _layers(model) for variable in layer._trainable_variables)


def _kept(model: Any) -> dict[str, Any]:
    learned = {id(variable) for variable in _learned(model).values()}
    return _by_path(
        variable
        for variable in model.non_trainable_variables
        if id(variable) not in learned and not variable.path.endswith("seed_generator_state")
    )


def _by_path(variables: Iterator[Any]) -> dict[str, Any]:
    """The variables by path. If two layers of a subclassed model have the same name, later paths get a number."""
    named: dict[str, Any] = {}
    seen: set[int] = set()
    for variable in variables:
        if id(variable) in seen:
            continue
        seen.add(id(variable))
        path, again = variable.path, 1
        while path in named:
            again += 1
            path = f"{variable.path}#{again}"
        named[path] = variable
    return named


def _numbers(variable: Any) -> Numbers:
    return np.array(variable.numpy())


def _like(output: Any, cotangent: Numbers) -> Any:
    return tf.reshape(tf.cast(cotangent, output.dtype), tf.shape(output))
