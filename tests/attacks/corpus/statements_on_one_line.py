# tries: have the grader parse a line of two hundred thousand statements
# keeps: gates.and
# repeats: '0;' * 200_000
and_gate = right_and_gate
# %%
REPEATED
