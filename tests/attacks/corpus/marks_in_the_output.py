# tries: write terminal escapes, HTML, Markdown and commands of CI services wherever its words are shown
from torch import nn

MARKS = "\x1b]0;owned\x07\x1b[2J\r::set-output name=score::20\n::error::x\n##vso[task.complete]\n<script>alert(1)</script> [x](javascript:alert(1)) | a | b |\n=HYPERLINK(1)\u202e\x9b31m\x00"
print(MARKS)


class Marked(nn.Sequential):
    pass


Marked.__name__ = MARKS


def or_gate():
    raise ValueError(MARKS)


def and_gate():
    raise type(MARKS.replace("\x00", ""), (Exception,), {})


def lecture_formula(x):
    return MARKS


def xor_by_hand(x):
    return {MARKS: [MARKS]}


def build_model(hidden):
    model = Marked(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 2), nn.Sigmoid())
    model._modules[MARKS.replace(".", "")] = nn.Identity()
    return model


def gradients(model, x, y):
    return {MARKS: 1.0}


def train(*args):
    return [MARKS]
