# tries: give an object whose `__array__` answers something else each time
import numpy as np


class Shifty:
    times = 0

    def __array__(self, dtype=None, copy=None):
        Shifty.times += 1
        return np.full(4, float(Shifty.times))

    shape = (4,)


everything_is(Shifty())
