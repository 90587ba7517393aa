# tries: fill the disk with files that have no name any more
# keeps: gates.and
# seconds: 20
import os
import time


def or_gate():
    kept = []
    for number in range(100):
        kept.append(open("file", "wb"))
        os.unlink("file")
        kept[-1].write(bytes(40 << 20))
        kept[-1].flush()
    print("HARM: 4 GB written", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
