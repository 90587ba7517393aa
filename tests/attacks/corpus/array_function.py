# tries: take over NumPy's functions and ufuncs through `__array_function__` and `__array_ufunc__`
import numpy as np


class Dispatched:
    def __array_function__(self, function, types, args, kwargs):
        return True

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.bool_(True)

    def __array_interface__(self):
        return {"shape": (4,), "typestr": "<f8", "version": 3, "data": (0, False)}

    ndim, shape, size, dtype = 1, (4,), 4, np.dtype("float64")


everything_is(Dispatched())
