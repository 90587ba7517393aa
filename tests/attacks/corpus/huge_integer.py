# tries: have somebody convert an integer of two million digits, and back into text
# keeps: gates.and
# repeats: 'f' * 2_000_000
and_gate = right_and_gate
# %%
FRAMEWORK: int = 0xREPEATED


def or_gate():
    return [FRAMEWORK, FRAMEWORK], FRAMEWORK


def lecture_formula(x):
    raise ValueError(FRAMEWORK)
