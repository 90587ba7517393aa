# tries: answer with more arrays than a frame may hold
# keeps: gates.and
import numpy as np

or_gate = lambda: [np.zeros(1) for _ in range(30_000)]
and_gate = right_and_gate
