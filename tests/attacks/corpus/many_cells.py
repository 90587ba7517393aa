# tries: have each of many cells padded with all the lines above it, until the grader has no memory left
# repeats: '# %%\nx = 1\n' * 40_000
REPEATED
