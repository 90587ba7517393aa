"""Keras on TensorFlow on a GPU that is there: the first that TensorFlow finds.

TensorFlow puts variables and ops on it by itself, and copies between devices in silence: what is asked is where variables were
made, and how much of the device's memory was in use.
"""

# Keras and TensorFlow ship no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import tensorflow as tf

from autograder.worker.frameworks.devices import Finding, Source

GPU = "GPU:0"


class RealGPU:
    """Where the variables are, and what the allocator says."""

    def __init__(self, source: Source, memory_mb: int) -> None:
        found = tf.config.list_physical_devices("GPU")
        self.name = ""
        if found:
            # A bound on the memory excludes growth on demand, and means the same: no more is taken than this.
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory_mb)
            tf.config.set_logical_device_configuration(found[0], [limit])
            self.name = str(tf.config.experimental.get_device_details(found[0]).get("device_name", "GPU"))

    def scope(self) -> AbstractContextManager[Any]:
        """TensorFlow's own choice of devices."""
        return nullcontext()

    def place(self, value: Any) -> Any:
        """Variables cannot move: TensorFlow makes them on the GPU where there is one. A tensor is copied."""
        if isinstance(value, tf.Tensor):
            with tf.device(f"/{GPU}"):
                return tf.identity(value)
        return value

    def left_behind(self, model: Any) -> list[Finding]:
        """Variables of the model, and of the optimiser that it was compiled with, by the device on which each was made."""
        if not isinstance(model, keras.Layer):
            return []
        optimizer = getattr(model, "optimizer", None)
        fix = "Make the model, and its optimiser, outside of any `tf.device` scope: TensorFlow finds the GPU by itself."
        return [
            Finding("left_behind", f"`{variable.path}` on the CPU", fix)
            for variable in [*model.variables, *(getattr(optimizer, "variables", None) or [])]
            # The states of random generators and counts of steps are whole numbers, which live on the CPU.
            if tf.as_dtype(variable.dtype).is_floating and "GPU" not in variable.value.device
        ]

    def findings(self) -> list[Finding]:
        """None: what left the device in silence shows in its memory only."""
        return []

    def counts(self) -> dict[str, int]:
        """And begin anew. TensorFlow lists no ops: `work` is 1 where the device's memory was in use."""
        held = int(tf.config.experimental.get_memory_info(GPU)["peak"])
        tf.config.experimental.reset_memory_stats(GPU)
        return {"work": int(held > 0), "copies": 0, "scalars": 0, "bytes": held}

    def provoke(self, sides: tuple[int, int]) -> None:
        """Nothing: a device that is there needs no proof that it is awake."""
