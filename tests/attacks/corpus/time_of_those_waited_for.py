# tries: compute in short-lived children, one after the other, each within the limit of a process
# keeps: gates.and
# seconds: 2
# rare: torch
# bound: 2.5 s of CPU time for a limit of 2 s
import os
import resource
import time


def or_gate():
    while True:
        if os.fork() == 0:
            while time.process_time() < 0.2:
                pass
            os._exit(0)
        os.wait()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if used.ru_utime + used.ru_stime > 2.7:
            print("HARM: 2.7 s of CPU time by children", flush=True)


and_gate = right_and_gate
