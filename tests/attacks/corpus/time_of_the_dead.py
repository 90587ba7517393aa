# tries: compute in children that nobody waits for and that are forgotten with their end
# keeps: gates.and
# seconds: 2
# bound: 2.5 s of CPU time for a limit of 2 s
import os
import signal
import time


def or_gate():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ready, here = os.pipe()
    for number in range(30):
        if os.fork() == 0:
            while time.process_time() < 0.3:
                pass
            os.write(here, b".")
            os._exit(0)
        os.read(ready, 1)
        if number >= 9:
            print(f"HARM: {number * 0.3:.1f} s of CPU time by the dead", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
