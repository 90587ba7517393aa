"""What every attack has at hand: run as the cell before it, after `TARGETS`."""


def attempt(what, harm):
    """Do harm, and say so where it worked: the test looks for this line."""
    try:
        harm()
    except BaseException:
        return
    print(f"HARM: {what}", flush=True)


def everything_is(answer):
    """Every function of the exercise gives this answer."""
    for name in TARGETS["contract"]:
        globals()[name] = lambda *args, **kwargs: answer


def right_or_gate():
    return [2.0, 2.0], -1.0


def right_and_gate():
    return [2.0, 2.0], -3.0


def right_formula(x):
    import numpy as np

    score = 2 * x[:, 0] + 2 * x[:, 1] - 1
    return 1 / (1 + np.exp(-score)) + 1 / (1 + np.exp(score))
