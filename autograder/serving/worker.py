"""A process of the server: `python -m autograder.serving.worker` carries out one order."""

from __future__ import annotations

import os
import signal
import sys

import msgspec

from autograder.serving.work import Refresh, Regrade, Said


def main() -> None:
    """Read the order from standard input, carry it out, and say how far it is, one line at a time."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Regrade | Refresh)
    # Importing takes a moment, in which there is nothing to end in good order.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from autograder.serving.orders import carry_out

    signal.signal(signal.SIGINT, signal.default_int_handler)
    carry_out(order, _say)
    # A check that is still computing in a thread is not waited for.
    os._exit(0)


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
