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


def held_on(what, seconds=0.5):
    """Say that something was taken, if nobody has ended this process a moment later."""
    import time

    time.sleep(seconds)
    print(f"HARM: {what}", flush=True)
    time.sleep(1000)


def cloned(flags):
    """Call `clone` itself, as `fork` does, with these flags: 0 in the new process."""
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    pid = libc.syscall(ctypes.c_long(number), ctypes.c_ulong(flags | 17), None, None, None, None)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


CLONE_PARENT = 0x8000


def shared_pages(megabytes):
    """Memory that is shared with all children, every page of it touched."""
    import mmap

    room = mmap.mmap(-1, megabytes << 20)
    for page in range(0, megabytes << 20, 4096):
        room[page] = 1
    return room
