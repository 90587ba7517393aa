# tries: overflow the stack of whoever parses the file, in the grader or in the worker
# keeps: gates.and
# repeats: '(' * 90_000
and_gate = right_and_gate
# %%
REPEATED
