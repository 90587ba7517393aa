"""The layer `seccomp`: which system calls a worker may make, and with which arguments."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Any

# fmt: off
FORBIDDEN_CALLS = (
    # the network and other processes
    "socket", "connect", "bind", "listen", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal", "tkill", "setsid", "setpgid", "sched_setscheduler", "sched_setparam", "sched_setattr",
    # a descriptor in flight between two sockets keeps a file that belongs to no process
    "sendmsg", "sendmmsg",
    # namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "mount_setattr",
    # ways around the file sandbox: Landlock restricts neither owners nor attributes
    "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat", "io_uring_setup", "io_uring_enter",
    "io_uring_register",
    "chown", "lchown", "fchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr",
    # memory that no limit counts, or that outlives its process
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open", "mq_unlink", "add_key", "request_key",
    "keyctl",
    # tables of the whole machine or user, and names of other people's files
    "io_setup", "inotify_init", "inotify_init1", "inotify_add_watch", "fanotify_init", "fanotify_mark",
    # the kernel itself
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "syslog", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "clock_adjtime",
    "acct", "quotactl",
)
PRETENDED_CALLS = (
    "chmod", "fchmod", "fchmodat", "utime", "utimes", "futimesat", "utimensat",
)
"""Report success without doing anything: Landlock does not restrict them, and copying files would fail otherwise."""
OF_A_GPU = ("socket", "bind", "listen")
"""Additional calls that GPU drivers need."""
ABOUT_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
"""Allowed only with the worker's own process id as first argument: other processes may be the grader's."""
ONLY_WITH = (
    ("prlimit64", 0, 0), ("sched_setaffinity", 0, 0),
    # PRIO_PROCESS and IOPRIO_WHO_PROCESS: the other kinds mean all processes of a group or of a user.
    ("setpriority", 0, 0), ("setpriority", 1, 0), ("ioprio_set", 0, 1), ("ioprio_set", 1, 0),
)
"""Call, index of an argument, and its only allowed value; a process id of 0 means the calling process."""
CLONE_FLAGS = (
    # CLONE_PARENT: the new process would be the zygote's child and nobody's descendant.
    0x00008000,
    # CLONE_NEW…: namespaces
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)
"""Flags that `clone` may not have."""
LARGEST_OPTION = 0x53564D41
"""Of `prctl`: PR_SET_VMA, with which libraries name their memory."""
KNOWN_OPTIONS = 80
"""All other options of `prctl` are below; those that Linux may get later are refused up to here."""
ALLOWED_OPTIONS = (
    # PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME
    2, 3, 7, 15, 16,
    # PR_SET_FPEMU … PR_GET_ENDIAN, PR_GET_SECCOMP, PR_SET_SECCOMP, PR_CAPBSET_READ, PR_GET_TSC
    9, 10, 11, 12, 13, 14, 19, 20, 21, 22, 23, 25,
    # PR_GET_SECUREBITS, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_MCE_KILL_GET, PR_GET_CHILD_SUBREAPER
    27, 29, 30, 34, 37,
    # PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_TID_ADDRESS, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE
    38, 39, 40, 41, 42,
    # PR_SVE_SET_VL … PR_GET_SPECULATION_CTRL, PR_PAC_…, PR_SET_TAGGED_ADDR_CTRL … PR_SME_GET_VL, PR_GET_MDWE
    50, 51, 52, 53, 54, 55, 56, 60, 61, 63, 64, 65, 66, 69, 70, 73,
)
"""Options of `prctl`. Not among them: PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER (outliving the grader), PR_SET_DUMPABLE
(hiding from the watchdog), PR_SET_MM, PR_SCHED_CORE, PR_SET_PTRACER."""
FORBIDDEN_COMMANDS = {
    # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: signals to any process, and news of other people's files
    "fcntl": (8, 10, 15, 1024, 1026),
    # FIOASYNC, FIOSETOWN, SIOCSPGRP: the same, by another way
    "ioctl": (0x5452, 0x8901, 0x8902),
}
"""Values that the second argument may not have."""
F_SETFL, O_ASYNC = 4, 0x2000
NEWER_CALLS = range(451, 512)
"""Calls added since Linux 6.5, such as `fchmodat2` and `setxattrat`: libraries fall back if they are missing."""
# fmt: on

_LOWER_HALF = 0xFFFFFFFF
"""The kernel ignores the upper half of an argument that is an int."""


def filter_of_calls(pid: int, allowed: Sequence[str] = (), architecture: str = "") -> Any:
    """The filter, a `pyseccomp.SyscallFilter`, of the layer `seccomp` for the process `pid`.

    `architecture`, in libseccomp's spelling, builds the filter of another architecture for inspection.
    """
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    if architecture and getattr(pyseccomp.Arch, architecture) != pyseccomp.system_arch():
        rules.add_arch(getattr(pyseccomp.Arch, architecture))
        rules.remove_arch(pyseccomp.Arch.NATIVE)
    answers = {**dict.fromkeys(FORBIDDEN_CALLS, errno.EPERM), **dict.fromkeys(PRETENDED_CALLS, 0)}
    if "socket" in allowed:
        _allow_listening_sockets(rules)
    for name, answer in answers.items():
        if name in allowed:
            continue
        try:
            rules.add_rule(pyseccomp.ERRNO(answer), name)
        except OSError:
            # This call does not exist on this architecture.
            continue
    refused = pyseccomp.ERRNO(errno.EPERM)
    for name, number, value in (*((name, 0, pid) for name in ABOUT_ITSELF), *ONLY_WITH):
        rules.add_rule(refused, name, pyseccomp.Arg(number, pyseccomp.NE, value))
    for flag in CLONE_FLAGS:
        rules.add_rule(refused, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    # Its flags are in memory, which a filter cannot read; glibc falls back to clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    # Paired datagram sockets can send to any path or name; paired stream sockets only to each other.
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        rules.add_rule(refused, "socketpair", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))
    _restrict_commands(rules)
    for number in NEWER_CALLS:
        # A call without a name can only be added to the filter of the native architecture.
        with contextlib.suppress(OSError) if architecture else contextlib.nullcontext():
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)
    return rules


def _restrict_commands(rules: Any) -> None:
    """The calls whose meaning depends on a number among their arguments."""
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    refused, equals = pyseccomp.ERRNO(errno.EPERM), pyseccomp.MASKED_EQ
    for option in set(range(KNOWN_OPTIONS)) - set(ALLOWED_OPTIONS):
        # A filter of libseccomp lists what it refuses; two bounds for one argument cannot be in one rule.
        rules.add_rule(pyseccomp.ERRNO(errno.EINVAL), "prctl", pyseccomp.Arg(0, pyseccomp.EQ, option))
    rules.add_rule(pyseccomp.ERRNO(errno.EINVAL), "prctl", pyseccomp.Arg(0, pyseccomp.GT, LARGEST_OPTION))
    for name, commands in FORBIDDEN_COMMANDS.items():
        for command in commands:
            rules.add_rule(refused, name, pyseccomp.Arg(1, equals, _LOWER_HALF, command))
    rules.add_rule(
        refused, "fcntl", pyseccomp.Arg(1, equals, _LOWER_HALF, F_SETFL), pyseccomp.Arg(2, equals, O_ASYNC, O_ASYNC)
    )


def _allow_listening_sockets(rules: Any) -> None:
    """Allow Unix stream sockets, because CUDA listens on one for its tools.

    Datagram sockets, which can send to any path, and connecting remain forbidden.
    """
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))
