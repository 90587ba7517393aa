# tries: give an array whose interface points at foreign memory
class Window:
    __array_interface__ = {"shape": (4,), "typestr": "<f8", "version": 3, "data": (0x1000, True)}


everything_is(Window())
