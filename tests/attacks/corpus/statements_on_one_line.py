# tries: have the grader parse a line of seven hundred thousand statements
# keeps: gates.and
# repeats: '0;' * 700_000
and_gate = right_and_gate
# %%
REPEATED
