# tries: fill the process table with zombies
# keeps: gates.and
# seconds: 2
import os


def or_gate():
    while True:
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            continue


and_gate = right_and_gate
