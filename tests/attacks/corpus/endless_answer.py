# tries: answer with a dict that holds itself, and with a list that grows while it is read
# keeps: gates.and
# seconds: 1
class Endless(list):
    def __iter__(self):
        while True:
            yield 1.0


def or_gate():
    circle = {}
    circle["circle"] = circle
    return circle


lecture_formula = lambda x: Endless([1.0])
and_gate = right_and_gate
