# tries: replace every function of the worker's adapter by one that answers zeros
# framework: torch, keras
import importlib

import numpy as np

adapter = importlib.import_module(f"autograder.worker.frameworks.{FRAMEWORK}")
everything_is(object())
adapter.forward = lambda model, inputs, training: np.zeros((len(inputs), 2))
adapter.parameters = adapter.buffers = lambda model: {}
adapter.gradients = adapter.function_gradient = lambda *args, **kwargs: {}
adapter.ready = adapter.assign = lambda *args, **kwargs: None
