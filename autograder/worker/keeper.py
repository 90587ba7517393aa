"""Start a zygote and end all that is left of it: `python -m autograder.worker.keeper FRAMEWORK DESCRIPTOR PATH…`

The zygote is a child of this small process, which puts it into a process namespace of its own where the system allows
that: the kernel then ends all processes of that namespace with the zygote. Elsewhere this process adopts them and ends
them. If this process ends first, the kernel ends the zygote, or tells it to end its workers. Linux only.
"""

from __future__ import annotations

import os
import signal
import sys

from autograder.worker.sandbox import kernel, namespaces


def main() -> None:
    """Start the zygote; when it has ended, end its descendants."""
    name, descriptor, *readable = sys.argv[1:]
    kernel.adopt_orphans()
    enclosed = namespaces.enter()
    this = os.getpid()
    zygote = os.fork()
    if zygote == 0:
        if enclosed:
            # A process does not see a parent that is outside of its process namespace.
            kernel.die_with_parent(0)
        else:
            # The zygote ends what its workers have started: no namespace does.
            kernel.die_with_parent(this, signal.SIGTERM)
        from autograder.worker.zygote import serve_orders

        serve_orders(name, int(descriptor), readable, enclosed)
        return
    # The zygote alone holds it, so that the grader sees the zygote's end.
    os.close(int(descriptor))
    _, status = os.waitpid(zygote, 0)
    _end_descendants()
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


def _end_descendants() -> None:
    """Kill adopted processes until there are none: the children of a killed process become this process's."""
    while True:
        for child, _ in namespaces.children():
            os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main()
