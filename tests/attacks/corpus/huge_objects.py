# tries: take more memory at once than the machine has
# keeps: gates.and
# seconds: 1
import numpy as np

or_gate = lambda: np.ones(1 << 40)
lecture_formula = lambda x: 10 ** (10**9)
xor_by_hand = lambda x: "x" * (1 << 45)
and_gate = right_and_gate
