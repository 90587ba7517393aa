# tries: compute for ever in C, where no Python exception arrives
# keeps: gates.and
# seconds: 1
import re

or_gate = lambda: re.match(r"(a+)+$", "a" * 64 + "b")
and_gate = right_and_gate
