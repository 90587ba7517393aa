# tries: give an object that is equal to, less than and greater than everything
class Everything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__

    def __hash__(self):
        return 0

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([self, self])

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


everything_is(Everything())
