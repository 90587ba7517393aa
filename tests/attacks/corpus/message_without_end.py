# tries: raise an exception whose text is never finished
# keeps: gates.and
# seconds: 1
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def or_gate():
    raise Endless


and_gate = right_and_gate
