# tries: have threads without end, a few in each of many processes
# keeps: gates.and
# seconds: 3
# bound: the limit of threads for all processes together
# rare: torch
import os
import threading
import time


def or_gate():
    ready, here = os.pipe()
    for _ in range(14):
        if os.fork() == 0:
            for _ in range(60):
                try:
                    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
                except RuntimeError:
                    break
                os.write(here, b".")
            time.sleep(1000)
    time.sleep(2)
    started = len(os.read(ready, 1 << 16))
    if started > 64 + 8 * os.cpu_count() + 100:
        print(f"HARM: {started} threads", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
