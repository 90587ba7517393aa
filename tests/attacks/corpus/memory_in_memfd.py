# tries: take memory that no process limit counts, in memfds
# keeps: gates.and
# seconds: 5
import os
import time


def or_gate():
    kept = []
    for number in range(200):
        kept.append(os.memfd_create(str(number)))
        os.write(kept[-1], bytes(50 << 20))
    print("HARM: 10 GB in memfds", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
