# tries: recurse until the stack overflows, in Python and in C
# keeps: gates.and
# seconds: 1
import sys


def or_gate():
    sys.setrecursionlimit(1 << 30)

    def deeper():
        return [deeper() for _ in (0,)]

    return deeper()


def lecture_formula(x):
    return eval("(" * 100_000 + ")" * 100_000)


and_gate = right_and_gate
