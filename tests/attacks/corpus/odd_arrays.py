# tries: give arrays of strings, dates, objects, complex numbers and records where numbers are wanted
import datetime

import numpy as np

or_gate = lambda: (np.array(["2", "2"]), "-1")
and_gate = lambda: (np.array([2, 2], dtype="complex128"), -3j)
lecture_formula = lambda x: np.array([datetime.datetime(2000, 1, 1)] * len(x), dtype="datetime64[s]")
xor_by_hand = lambda x: np.zeros(len(x), dtype=[("value", "f8"), ("more", "O")])
binary_cross_entropy = lambda p, y: np.array(object())
gradients = lambda model, x, y: np.array([{"0.weight": 1}], dtype=object)
train = lambda *args: memoryview(b"1234567")
