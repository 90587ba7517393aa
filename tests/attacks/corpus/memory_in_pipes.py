# tries: take the kernel's memory, in pipes and socket buffers filled to the brim
# keeps: gates.and
# seconds: 2
import os
import socket
import time


def or_gate():
    kept = []
    try:
        while True:
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            kept += [reader, writer]
            os.write(writer, bytes(1 << 20))
    except OSError:
        pass
    time.sleep(1000)


and_gate = right_and_gate
