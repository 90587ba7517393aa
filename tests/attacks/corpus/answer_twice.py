# tries: answer a question wrongly, then rightly, with its own number
# keeps: gates.and
import os
import sys

from autograder.worker import wire


class Tape:
    def sendall(self, data):
        os.write(3, data)


def nonce():
    frame = sys._getframe()
    while frame:
        if isinstance(frame.f_locals.get("request"), wire.Request):
            return frame.f_locals["request"].nonce
        frame = frame.f_back
    return 0


def or_gate():
    wire.send(Tape(), wire.Answer(nonce=nonce(), value=0))
    return [2.0, 2.0], -1.0


and_gate = right_and_gate
