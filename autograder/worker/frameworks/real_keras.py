"""Keras with TensorFlow on a real GPU, the first one that TensorFlow finds.

TensorFlow places variables and operations on it automatically and copies silently between devices. Therefore this
module records on which device variables were created, and how much of the device's memory was in use.
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
    """Reports the location of variables and the use of device memory."""

    def __init__(self, source: Source, memory_mb: int) -> None:
        gpus = tf.config.list_physical_devices("GPU")
        self.name = ""
        if gpus:
            # A memory limit excludes growth on demand, but also bounds the allocation.
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory_mb)
            tf.config.set_logical_device_configuration(gpus[0], [limit])
            self.name = str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))

    def scope(self) -> AbstractContextManager[Any]:
        """TensorFlow's own choice of devices."""
        return nullcontext()

    def place(self, value: Any) -> Any:
        """Copy a tensor. Variables cannot be moved: TensorFlow creates them on the GPU if there is one."""
        if isinstance(value, tf.Tensor):
            with tf.device(f"/{GPU}"):
                return tf.identity(value)
        return value

    def left_behind(self, model: Any) -> list[Finding]:
        """Variables of the model, and of the optimiser it was compiled with, that were not created on the GPU."""
        if not isinstance(model, keras.Layer):
            return []
        optimizer = getattr(model, "optimizer", None)
        fix = "Create the model and its optimiser outside of any `tf.device` scope: TensorFlow uses the GPU by itself."
        return [
            Finding("left_behind", f"`{variable.path}` on the CPU", fix)
            for variable in [*model.variables, *(getattr(optimizer, "variables", None) or [])]
            # States of random generators and step counts are integers, which stay on the CPU.
            if tf.as_dtype(variable.dtype).is_floating and "GPU" not in variable.value.device
        ]

    def findings(self) -> list[Finding]:
        """Always empty: silent copies to the CPU can only be noticed in the device's memory."""
        return []

    def counts(self) -> dict[str, int]:
        """Return and reset the counts. `work` is 1 if memory was in use: TensorFlow does not list operations."""
        held = int(tf.config.experimental.get_memory_info(GPU)["peak"])
        tf.config.experimental.reset_memory_stats(GPU)
        return {"work": int(held > 0), "copies": 0, "scalars": 0, "bytes": held}

    def provoke(self, sides: tuple[int, int]) -> None:
        """Do nothing: only a pretended device must prove that it still detects mistakes."""
