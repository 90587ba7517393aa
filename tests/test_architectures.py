"""The system call filter on each architecture: the tests interpret the program that the kernel would run there.

`test_walls.py` tests the filter of this machine's architecture; here, libseccomp also builds it for the others.
"""

from __future__ import annotations

import errno
import socket
import struct
import tempfile

import pytest

from autograder.worker.sandbox import calls

pyseccomp = pytest.importorskip("pyseccomp", exc_type=ImportError)

AUDIT = {"X86_64": 0xC000003E, "AARCH64": 0xC00000B7}
"""The kernel's names for the architecture of a call."""
OTHERS = (0x40000003, 0x40000028)
"""32-bit x86 and 32-bit ARM, which the same processors can run."""
LACKS = {
    "X86_64": {},
    "AARCH64": {
        "mknod": "mknodat", "chown": "fchownat", "lchown": "fchownat", "chmod": "fchmodat", "utime": "utimensat",
        "utimes": "utimensat", "futimesat": "utimensat", "inotify_init": "inotify_init1",
    },
}  # fmt: skip
"""System calls that an architecture never had, and the calls that it has instead."""
PID = 1234
ALLOW, KILL, REFUSE = 0x7FFF0000, 0, 0x00050000

Program = list[tuple[int, int, int, int]]


def number(architecture: str, name: str) -> int:
    return int(pyseccomp.resolve_syscall(getattr(pyseccomp.Arch, architecture), name))


def program(architecture: str) -> Program:
    with tempfile.TemporaryFile() as file:
        calls.filter_of_calls(PID, architecture=architecture).export_bpf(file)
        file.seek(0)
        content = file.read()
    return list(struct.iter_unpack("<HBBI", content))


@pytest.fixture(scope="module", params=AUDIT)
def there(request: pytest.FixtureRequest) -> tuple[str, Program]:
    return str(request.param), program(str(request.param))


def verdict(there: tuple[str, Program], call: str | int, *args: int, audit: int | None = None) -> int:
    """The filter's verdict on a call. Implements the subset of the kernel's classic BPF that libseccomp writes."""
    architecture, instructions = there
    asked = number(architecture, call) if isinstance(call, str) else call
    six = [*args, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", asked, AUDIT[architecture] if audit is None else audit, 0, *six)
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, constant = instructions[place]
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x54:
                accumulator &= constant
            case 0x05:
                place += constant
            case 0x15 | 0x25 | 0x35 | 0x45:
                holds = {
                    0x15: accumulator == constant,
                    0x25: accumulator > constant,
                    0x35: accumulator >= constant,
                    0x45: bool(accumulator & constant),
                }
                place += if_true if holds[code] else if_false
            case 0x06:
                return constant
            case _:
                raise NotImplementedError(f"instruction {code:#x}")


def refused(answer: int) -> int:
    return REFUSE | answer


def test_names_are_known_or_have_a_stand_in(there: tuple[str, Program]) -> None:
    architecture, _ = there
    listed = (
        *calls.FORBIDDEN_CALLS,
        *calls.PRETENDED_CALLS,
        *calls.ABOUT_ITSELF,
        *(name for name, _, _ in calls.ONLY_WITH),
        *("clone", "clone3", "socketpair"),
    )
    lacking = {name for name in listed if number(architecture, name) < 0}
    assert lacking == set(LACKS[architecture])
    assert set(LACKS[architecture].values()) <= set(listed) - lacking


def test_what_is_forbidden(there: tuple[str, Program]) -> None:
    for names, answer in ((calls.FORBIDDEN_CALLS, errno.EPERM), (calls.PRETENDED_CALLS, 0)):
        for name in set(names) - set(LACKS[there[0]]):
            assert verdict(there, name) == refused(answer), name


def test_what_depends_on_an_argument(there: tuple[str, Program]) -> None:
    for name in calls.ABOUT_ITSELF:
        assert verdict(there, name, PID) == ALLOW
        for other in (0, 1, PID + 1, 2**32 - 1, 2**64 - 1):
            assert verdict(there, name, other) == refused(errno.EPERM), name
    allowed = {name: [0, 0] for name, _, _ in calls.ONLY_WITH}
    for name, place, value in calls.ONLY_WITH:
        allowed[name][place] = value
    for name, place, value in calls.ONLY_WITH:
        assert verdict(there, name, *allowed[name]) == ALLOW, name
        for other in {0, 1, 2, PID, 2**32, 2**32 + value} - {value}:
            given = [*allowed[name]]
            given[place] = other
            assert verdict(there, name, *given) == refused(errno.EPERM), name
    thread, child = 0x3D0F00, 0x01200011
    for flags in (thread, child):
        assert verdict(there, "clone", flags) == ALLOW
        for flag in calls.CLONE_FLAGS:
            assert verdict(there, "clone", flags | flag) == refused(errno.EPERM)
    assert verdict(there, "socketpair", socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) == ALLOW
    assert verdict(there, "socketpair", socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) == refused(errno.EPERM)
    assert verdict(there, "clone3") == refused(errno.ENOSYS)


UPPER_HALF = 0x5 << 32
"""What the kernel ignores of an argument that is an int."""
SHOULD_WORK = {"fcntl": (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1031, 1032), "ioctl": (0x5401, 0x541B, 0x5421, 0xC020462A)}
"""Commands of ordinary programs: copying descriptors, locks, flags, terminals, and a GPU's driver."""


def test_what_depends_on_a_command(there: tuple[str, Program]) -> None:
    for name, commands in calls.FORBIDDEN_COMMANDS.items():
        for command in commands:
            for value in (command, command | UPPER_HALF):
                assert verdict(there, name, 3, value) == refused(errno.EPERM), (name, command)
        for command in SHOULD_WORK[name]:
            assert verdict(there, name, 3, command) == ALLOW, (name, command)
    no_wait, signals = 0x800, 0x2000
    assert verdict(there, "fcntl", 3, 4, no_wait) == ALLOW
    assert verdict(there, "fcntl", 3, 4, no_wait | signals) == refused(errno.EPERM)


def test_what_a_process_may_change_of_itself(there: tuple[str, Program]) -> None:
    death_signal, dumpable, subreaper, tracer = 1, 4, 36, 0x59616D61
    for option in (death_signal, dumpable, subreaper, tracer, calls.KNOWN_OPTIONS - 1):
        for value in (option, option | UPPER_HALF):
            assert verdict(there, "prctl", value) == refused(errno.EINVAL), option
    set_name, no_new_privileges, name_of_memory = 15, 38, 0x53564D41
    for option in (set_name, no_new_privileges, name_of_memory):
        assert verdict(there, "prctl", option) == ALLOW, option


@pytest.mark.parametrize(
    "name", ["read", "write", "openat", "mmap", "futex", "execve", "wait4", "exit_group", "getrandom"]
)
def test_what_everybody_needs(there: tuple[str, Program], name: str) -> None:
    assert verdict(there, name) == ALLOW


def test_calls_that_came_later(there: tuple[str, Program]) -> None:
    """All calls that this libseccomp knows by name; it can refuse the others only on this machine's architecture."""
    own = pyseccomp.system_arch() == getattr(pyseccomp.Arch, there[0])
    for call in calls.NEWER_CALLS:
        if own or _has_a_name(there[0], call):
            assert verdict(there, call) == refused(errno.ENOSYS), call


def _has_a_name(architecture: str, call: int) -> bool:
    try:
        return bool(pyseccomp.resolve_syscall(getattr(pyseccomp.Arch, architecture), call))
    except ValueError:
        return False


def test_other_ways_to_call_end_the_caller(there: tuple[str, Program]) -> None:
    for audit in OTHERS:
        assert verdict(there, 20, audit=audit) == KILL
    if there[0] == "X86_64":
        x32 = 0x40000000
        assert verdict(there, x32 | number("X86_64", "getpid")) == KILL
