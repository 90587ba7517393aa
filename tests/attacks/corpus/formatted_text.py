# tries: give the parser a formatted text for which it takes time in the square of its length
# keeps: gates.and
# repeats: '{a}' * 30_000
FRAMEWORK = "torch"
and_gate = right_and_gate
# %%
FRAMEWORK_ = f'REPEATED'
