# tries: take the kernel's memory in the buffers of sockets, in every process that it may have
# keeps: gates.and
# seconds: 10
# bound: 500 MB for a limit of 400 MB
# rare: torch
import os
import socket
import time


def or_gate():
    for _ in range(14):
        if os.fork() == 0:
            kept = []
            try:
                for _ in range(110):
                    pair = socket.socketpair()
                    kept.append(pair)
                    for end in pair:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                        end.setblocking(False)
                        try:
                            while True:
                                end.send(bytes(1 << 16))
                        except BlockingIOError:
                            continue
            except OSError:
                pass
            time.sleep(1000)
    time.sleep(4)
    raise RuntimeError("the machine lives")


and_gate = right_and_gate
