# tries: wait for cores that its own children hold, at the lowest priority, so that the clock stands still
# keeps: gates.and
# seconds: 3
# bound: 12 s on the clock where nobody else computes, 60 s elsewhere, for a limit of 3 s of CPU time
# rare: torch
import os
import time


def or_gate():
    started = time.monotonic()
    os.nice(19)
    while True:
        for _ in range(8):
            if os.fork() == 0:
                while time.process_time() < 0.02:
                    pass
                time.sleep(0.2)
                os._exit(0)
        for _ in range(8):
            os.wait()
        if time.monotonic() - started > 75:
            print("HARM: 75 s in one request", flush=True)


and_gate = right_and_gate
