"""Run one of our programs as if on another system: `python tests/elsewhere.py PLATFORM -m MODULE ARGUMENT…`

Only our own modules are affected. For them, `sys.platform` has the other system's name, and what that system lacks is
missing: attributes of `os` and `signal`, and modules. The workers that they start are affected too.
"""

from __future__ import annotations

import builtins
import os
import runpy
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = {"autograder", "shared", "__main__"}
MODULES = {
    "darwin": {"landlock", "pyseccomp"},
    "win32": {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "landlock", "pyseccomp"},
}
LINUX_ONLY = {"memfd_create", "pidfd_open", "sched_getaffinity", "sched_setaffinity", "setresuid", "setresgid", "setns"}
POSIX_ONLY = {
    *("fork", "forkpty", "register_at_fork", "waitpid", "WNOHANG", "WIFSIGNALED", "WTERMSIG", "kill", "killpg", "nice"),
    *(
        "setsid",
        "getsid",
        "getpgid",
        "setpgid",
        "getpgrp",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "setuid",
        "setgid",
    ),
    *("mkfifo", "chown", "fchown", "lchown", "fchmod", "statvfs", "sysconf", "uname", "getloadavg", "getpriority"),
    *("O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "SIGKILL", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGXCPU"),
    *("SIGSTOP", "SIGCONT", "SIGPIPE", "SIGUSR1", "setitimer", "alarm", "pthread_sigmask", "pthread_kill"),
}
NAMES = {"darwin": LINUX_ONLY, "win32": LINUX_ONLY | POSIX_ONLY}


class Seen(ModuleType):
    """A module as it is on another system. Assignments to its attributes change the real module."""

    def __init__(self, real: ModuleType, lacks: set[str], **own: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(own, __real__=real, __lacks__=lacks)

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["__lacks__"]:
            raise AttributeError(f"this system has no {self.__name__}.{name}")
        return getattr(self.__dict__["__real__"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["__real__"], name, value)


def pretend(system: str, python: Path) -> None:
    """From now on, our modules see that system; `python` is the interpreter that they start."""
    seen = {
        "sys": Seen(sys, set(), platform=system, executable=str(python)),
        "os": Seen(os, NAMES[system]),
        "signal": Seen(signal, NAMES[system]),
    }
    really = builtins.__import__

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
        if str((globals or {}).get("__name__", "")).partition(".")[0] in OURS and not level:
            if name.partition(".")[0] in MODULES[system]:
                raise ImportError(f"this system has no module {name}")
            if name in seen:
                return seen[name]
        return really(name, globals, locals, fromlist, level)

    builtins.__import__ = import_


def main() -> None:
    system = sys.argv[1]
    arguments = [argument for argument in sys.argv[2:] if argument != "-P"]
    assert arguments[0] == "-m"
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "python"
        python.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, __file__, system])} "$@"\n')
        python.chmod(0o755)
        pretend(system, python)
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
