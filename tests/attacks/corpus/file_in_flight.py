# tries: fill the disk with deleted files whose descriptors are in flight between two sockets
# keeps: gates.and
# seconds: 10
# bound: 640 MB for a limit of 512 MB
import os
import socket


def or_gate():
    ours, theirs = socket.socketpair()
    for number in range(11):
        file = open(f"file{number}", "w+b")
        for _ in range(60):
            file.write(bytes(1 << 20))
        file.flush()
        socket.send_fds(ours, [b"x"], [file.fileno()])
        os.unlink(f"file{number}")
        file.close()
    held_on("660 MB in flight", 2)


and_gate = right_and_gate
