# tries: raise exceptions whose texts, names and causes are megabytes
# keeps: gates.and
def or_gate():
    raise type("E" * 1_000_000, (Exception,), {})("x" * 50_000_000)


def lecture_formula(x):
    try:
        raise ValueError("y" * 10_000_000)
    except ValueError as cause:
        raise ExceptionGroup("z" * 1_000_000, [cause] * 1000) from cause


def xor_by_hand(x):
    class Text(Exception):
        def __str__(self):
            while True:
                pass

    raise ValueError(Text.__name__)


and_gate = right_and_gate
