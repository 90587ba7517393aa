# tries: fill the wire with answers while the file is read, before any question
import os

from autograder.worker import wire


class Tape:
    def sendall(self, data):
        os.write(3, data)


for number in range(100):
    wire.send(Tape(), wire.Answer(nonce=number, value=1))
