# tries: leave a child that holds the wire and answers for the next student's worker
# keeps: gates.and
import os
import time

from autograder.worker import wire


class Tape:
    def sendall(self, data):
        os.write(3, data)


def or_gate():
    if os.fork() == 0:
        while True:
            time.sleep(0.02)
            try:
                wire.send(Tape(), wire.Answer(nonce=0, value=True))
            except OSError:
                pass
    time.sleep(0.2)
    os._exit(0)


and_gate = right_and_gate
