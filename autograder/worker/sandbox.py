"""What is laid around a worker before it reads the student's file.

The layers, in the order in which they are applied; docs/isolation.md says what each keeps out:

0. always: a process of its own, an empty environment, closed descriptors, private folders (the zygote's work);
1. `uid`: as root, a user id of its own for each worker;
2. `namespaces`: no network, where the kernel allows it;
3. `landlock`: an allow-list of paths, one scratch folder writable;
4. `limits`: the kernel's on data, files, CPU time, processes, core dumps;
5. `seccomp`: no sockets, no tracing, no mounts, no namespaces, no kernel odds and ends.

Each is probed by trying the forbidden thing in a throwaway child (`probe`), never by a version; the ones that hold are applied.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import os
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

MEGABYTE = 1 << 20
PROCESSES = 64 + 8 * (os.cpu_count() or 8)
"""Of one worker, threads included: TensorFlow starts some for each core."""
OPEN_FILES = 256

Layer = Literal["uid", "namespaces", "landlock", "limits", "seccomp"]
LAYERS: tuple[Layer, ...] = ("uid", "namespaces", "landlock", "limits", "seccomp")
Level = Literal["strong", "standard", "weak"]

# fmt: off
FORBIDDEN_CALLS = (
    # the network and other processes
    "socket", "connect", "bind", "listen", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "tkill", "setsid", "setpgid", "sched_setscheduler", "sched_setparam", "sched_setattr",
    # namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "mount_setattr",
    # ways around the walls of files: Landlock knows neither owners nor attributes
    "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "chown", "lchown", "fchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr",
    # memory that no limit counts, or that outlives a process
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "add_key", "request_key", "keyctl",
    # the kernel itself
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module", "finit_module", "delete_module", "syslog",
    "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "clock_adjtime", "acct", "quotactl", "fanotify_init",
)
PRETENDED_CALLS = (
    "chmod", "fchmod", "fchmodat", "utime", "utimes", "futimesat", "utimensat",
)
"""Answered with success and not done: Landlock does not restrict them, and programs that copy a file fail without."""
_OF_A_GPU = ("socket", "bind", "listen")
"""What the driver of a GPU needs on top."""
ABOUT_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
"""Allowed where the first argument is the worker's process id: others of the same user may be the grader's."""
ABOUT_ZERO = (("prlimit64", 0), ("setpriority", 1), ("ioprio_set", 1), ("sched_setaffinity", 0))
"""Allowed where the argument of that number is 0, which means whoever calls."""
NEWER_CALLS = range(451, 512)
"""What Linux has had since 6.5, `fchmodat2` and `setxattrat` among them: libraries do without where they are not there."""
# fmt: on


class Limits(NamedTuple):
    """What one worker may use. Whole numbers, so that they travel as arguments."""

    memory_mb: int
    """Beyond what the framework itself has taken."""
    file_mb: int
    cpu_seconds: int


class Cage(NamedTuple):
    """How one worker is to be locked in."""

    limits: Limits
    layers: tuple[Layer, ...]
    scratch: str
    readable: tuple[str, ...]
    """Paths of which everything below may be read, besides the interpreter and the system's libraries."""
    uid: int
    """Used by the layer `uid`."""
    devices: tuple[str, ...] = ()
    """Files of a GPU's driver that may be used; with any, what describes the hardware may be read."""


def level(holding: Sequence[str]) -> Level:
    """`strong`: every layer; `standard`: files and system calls are walled, and no student's code runs as root."""
    as_nobody = "uid" in holding or not _is_root()
    if not as_nobody or not {"landlock", "limits", "seccomp"} <= set(holding):
        return "weak"
    return "strong" if "namespaces" in holding else "standard"


def apply(cage: Cage) -> None:
    """Lay the layers around this process. Raises `OSError` where the kernel refuses one."""
    steps: dict[Layer, Callable[[], None]] = {
        "namespaces": _leave_the_network,
        "uid": lambda: _become(cage.uid),
        "landlock": lambda: _wall_files(cage.scratch, cage.readable, cage.devices),
        "limits": lambda: _limit(cage.limits, own_uid="uid" in cage.layers),
        "seccomp": lambda: filter_of_calls(os.getpid(), _OF_A_GPU if cage.devices else ()).load(),
    }
    for layer, step in steps.items():
        if layer in cage.layers:
            step()


def preload() -> None:
    """Import what the layers need, once: a worker would otherwise do it before each wall, and look for libseccomp."""
    if sys.platform == "linux":
        for library in ("py_landlock", "pyseccomp"):
            with contextlib.suppress(ImportError, OSError, RuntimeError):
                # Missing or too old: the probe of its layer says so.
                importlib.import_module(library)


def probe() -> tuple[Layer, ...]:
    """The layers that hold here: each alone in a throwaway child, which then tries what the layer forbids."""
    if sys.platform != "linux":
        return ()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder) / "canary"
        canary.write_text("canary")
        scratch = Path(folder) / "scratch"
        scratch.mkdir(mode=0o777)
        cage = Cage(Limits(64, 1, 60), (), str(scratch), (), _SOME_UID)
        address = server.getsockname()

        def connects() -> bool:
            with socket.create_connection(address, timeout=1):
                return True

        tries: dict[Layer, Callable[[], object]] = {
            "uid": _become_root_again,
            "namespaces": connects,
            "landlock": canary.read_text,
            "limits": lambda: bytearray(256 * MEGABYTE),
            "seccomp": lambda: socket.socket(socket.AF_UNIX),
        }
        holding: list[Layer] = [layer for layer in LAYERS if _holds(cage._replace(layers=(layer,)), tries[layer])]
        if "uid" in holding and "landlock" not in holding and not _readable_by_all():
            # The capability that lets another user read this interpreter is safe behind Landlock only.
            holding.remove("uid")
    return tuple(holding)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies. Linux only."""
    _prctl(1, signal.SIGKILL)
    # The parent may have died before the call.
    if os.getppid() != parent:
        os._exit(125)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, instead of `init`: they stay where they are found."""
    _prctl(36, 1)


def apply_limits(limits: Limits) -> None:
    """The limits alone: for a worker that was not forked."""
    if sys.platform != "win32":
        _limit(limits, own_uid=False)


# ── the layers ──────────────────────────────────────────────────────────────────────────────────────────────


def _become(uid: int) -> None:
    """Another user for good. Only a capability to read stays, where this interpreter lies in a closed home folder."""
    if not _is_root():
        raise OSError(errno.EPERM, "only root can become somebody else")
    keep = not _readable_by_all()
    if keep:
        _prctl(8, 1)  # PR_SET_KEEPCAPS
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if keep:
        dac_read_search = 1 << 2
        _set_capabilities(dac_read_search)
    # The change of user has made /proc/self root's; nobody else has this user id.
    _prctl(4, 1)  # PR_SET_DUMPABLE


def _leave_the_network() -> None:
    new_user, new_ipc, new_net = 0x10000000, 0x08000000, 0x40000000
    flags = new_net | new_ipc | (0 if _is_root() else new_user)
    if _libc().unshare(flags) < 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _wall_files(scratch: str, readable: Sequence[str], drivers: Sequence[str]) -> None:
    from py_landlock import AccessFs, Landlock

    read, read_all = AccessFs.READ_FILE, AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
    devices = AccessFs.MAKE_CHAR | AccessFs.MAKE_BLOCK | AccessFs.MAKE_SOCK | AccessFs.MAKE_FIFO
    everything = AccessFs(0)
    for access in AccessFs:
        everything |= access
    walls = Landlock(strict=False)
    for path in {*_SYSTEM, *_interpreter(), *readable, *(_HARDWARE if drivers else ())}:
        if Path(path).exists():
            walls.add_path_rule(path, access=read_all if Path(path).is_dir() else read)
    for path in ("/dev/null", "/dev/zero", "/dev/full"):
        walls.add_path_rule(path, access=read | AccessFs.WRITE_FILE)
    for path in drivers:
        walls.add_path_rule(path, access=read | AccessFs.WRITE_FILE | AccessFs.IOCTL_DEV)
    if drivers:
        # CUDA names its threads by writing there, and gives up where it may not.
        walls.add_path_rule("/proc/self", access=AccessFs.WRITE_FILE | AccessFs.TRUNCATE)
    walls.add_path_rule(scratch, access=everything & ~devices)
    walls.apply()


def filter_of_calls(pid: int, allowed: Sequence[str] = (), architecture: str = "") -> Any:
    """The filter, a `pyseccomp.SyscallFilter`, that the layer `seccomp` lays around the process `pid`.

    `architecture`, in libseccomp's spelling, is for whoever wants to look at the filter of another machine than this one.
    """
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    walls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    if architecture and getattr(pyseccomp.Arch, architecture) != pyseccomp.system_arch():
        walls.add_arch(getattr(pyseccomp.Arch, architecture))
        walls.remove_arch(pyseccomp.Arch.NATIVE)
    answers = {**dict.fromkeys(FORBIDDEN_CALLS, errno.EPERM), **dict.fromkeys(PRETENDED_CALLS, 0)}
    if "socket" in allowed:
        _allow_listening_sockets(walls)
    for name, answer in answers.items():
        if name in allowed:
            continue
        try:
            walls.add_rule(pyseccomp.ERRNO(answer), name)
        except OSError:
            # This architecture has no such call.
            continue
    for namespace in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        flag = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, namespace, namespace)
        walls.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", flag)
    # A pair of datagram sockets sends to any path or name; a pair of streams only to each other.
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        walls.add_rule(pyseccomp.ERRNO(errno.EPERM), "socketpair", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))
    for name, number, itself in (
        *((name, 0, pid) for name in ABOUT_ITSELF),
        *((*rule, 0) for rule in ABOUT_ZERO),
    ):
        walls.add_rule(pyseccomp.ERRNO(errno.EPERM), name, pyseccomp.Arg(number, pyseccomp.NE, itself))
    for number in NEWER_CALLS:
        # One without a name yet can be built into the filter of this architecture only.
        with contextlib.suppress(OSError) if architecture else contextlib.nullcontext():
            walls.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)
    # Its flags lie in memory, where a filter cannot look; glibc falls back to clone.
    walls.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return walls


def _allow_listening_sockets(walls: Any) -> None:
    """CUDA listens on a Unix socket for its tools. None of datagrams, which can be sent to any path; connecting stays refused."""
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    walls.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        walls.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))


def _limit(limits: Limits, own_uid: bool) -> None:
    import resource

    def lower(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))

    # RLIMIT_DATA, after the imports: RLIMIT_AS counts address space that TensorFlow reserves and never touches.
    if sys.platform == "linux":
        lower(resource.RLIMIT_DATA, _data_now() + limits.memory_mb * MEGABYTE)
    if sys.platform == "linux":
        # It counts all threads of a user id; one that is shared cannot have more than the whole machine.
        lower(resource.RLIMIT_NPROC, PROCESSES + (0 if own_uid else _threads_now()))
    lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    lower(resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE)
    lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    lower(resource.RLIMIT_CORE, 0)


# ── what they need ──────────────────────────────────────────────────────────────────────────────────────────

_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/loadavg",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
)
_HARDWARE = ("/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/proc/version", "/sys", "/opt/rocm")
"""What the drivers of GPUs look at to find theirs."""
_SOME_UID = 61184
"""The first of the range that systemd keeps for users who exist for a moment."""


def _interpreter() -> set[str]:
    """Where Python and the installed packages lie."""
    packages = {path for path in sys.path if path.endswith("-packages") and Path(path).is_dir()}
    return {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent), *packages}


def _readable_by_all() -> bool:
    """Can any user reach this interpreter and its packages? A home folder is often closed to others."""
    for path in _interpreter():
        for folder in (Path(path).resolve(), *Path(path).resolve().parents):
            if not folder.stat().st_mode & 0o001:
                return False
    return True


def _become_root_again() -> None:
    if os.getuid() == 0 or not os.access(os.__file__, os.R_OK, effective_ids=True):
        # Without the interpreter's files imports would fail one by one: no layer, but damage.
        raise RuntimeError("still root, or the interpreter is out of reach")
    os.setuid(0)


def _holds(cage: Cage, forbidden: Callable[[], object]) -> bool:
    """In a child: apply the cage, try the forbidden thing; it must be refused."""
    pid = os.fork()
    if pid == 0:
        outcome = 3
        try:
            apply(cage)
            outcome = 1
            forbidden()
        except (OSError, MemoryError):
            # Refused by the layer, if the layer itself could be applied.
            outcome = 0 if outcome == 1 else 2
        except BaseException:  # noqa: BLE001 - a library that is missing or too old: the layer does not hold
            outcome = 3
        finally:
            os._exit(outcome)
    _, status = os.waitpid(pid, 0)
    return status == 0


def _data_now() -> int:
    """Bytes that RLIMIT_DATA counts already."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - read in every fork: pathlib is not free
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmData")


def _threads_now() -> int:
    """Of the whole machine."""
    with open("/proc/loadavg") as load:  # noqa: PTH123 - as above
        return int(load.read().split()[3].partition("/")[2])


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _set_capabilities(bits: int) -> None:
    """Exactly these, permitted and effective; a program that is started gets none of them."""
    version_3 = 0x20080522
    header = ctypes.create_string_buffer(struct.pack("<Ii", version_3, 0))
    data = ctypes.create_string_buffer(struct.pack("<IIIIII", bits, bits, 0, 0, 0, 0))
    if _libc().capset(header, data) < 0:
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
