# tries: have the grader parse a line of a million statements
# keeps: gates.and
# repeats: '0;' * 1_000_000
and_gate = right_and_gate
# %%
REPEATED
