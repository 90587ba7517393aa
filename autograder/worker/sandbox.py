"""The sandbox of a worker, applied before it loads the student's file.

The layers in the order of their application; docs/isolation.md describes what each one blocks:

0. always: a separate process, an empty environment, closed descriptors, private folders (set up by the zygote);
1. `uid`: as root, a separate user id for each worker;
2. `namespaces`: no network, if the kernel allows it;
3. `landlock`: an allow-list of paths, with one writable scratch folder;
4. `limits`: kernel limits on data, files, CPU time, processes, core dumps;
5. `seccomp`: no sockets, no tracing, no mounts, no namespaces, no rarely used kernel interfaces.

`probe` tests each layer by attempting the forbidden action in a throwaway child, not by version numbers; the layers
that work are applied.
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
"""Per worker, including threads: TensorFlow starts some for each core."""
OPEN_FILES = 256

Layer = Literal["uid", "namespaces", "landlock", "limits", "seccomp"]
LAYERS: tuple[Layer, ...] = ("uid", "namespaces", "landlock", "limits", "seccomp")
Level = Literal["strong", "standard", "weak"]

# fmt: off
FORBIDDEN_CALLS = (
    # the network and other processes
    "socket", "connect", "bind", "listen", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal", "tkill", "setsid", "setpgid", "sched_setscheduler", "sched_setparam", "sched_setattr",
    # namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "mount_setattr",
    # ways around the file sandbox: Landlock restricts neither owners nor attributes
    "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat", "io_uring_setup", "io_uring_enter",
    "io_uring_register",
    "chown", "lchown", "fchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr",
    # memory that no limit counts, or that outlives its process
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "add_key", "request_key", "keyctl",
    # the kernel itself
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module", "finit_module", "delete_module", "syslog",
    "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "clock_adjtime", "acct", "quotactl",
    "fanotify_init",
)
PRETENDED_CALLS = (
    "chmod", "fchmod", "fchmodat", "utime", "utimes", "futimesat", "utimensat",
)
"""Report success without doing anything: Landlock does not restrict them, and copying files would fail otherwise."""
_OF_A_GPU = ("socket", "bind", "listen")
"""Additional calls that GPU drivers need."""
ABOUT_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
"""Allowed only with the worker's own process id as first argument: other processes may be the grader's."""
ABOUT_ZERO = (("prlimit64", 0), ("setpriority", 1), ("ioprio_set", 1), ("sched_setaffinity", 0))
"""Allowed only if the argument with that index is 0, which means the calling process."""
NEWER_CALLS = range(451, 512)
"""Calls added since Linux 6.5, such as `fchmodat2` and `setxattrat`: libraries fall back if they are missing."""
# fmt: on


class Limits(NamedTuple):
    """A worker's limits. Integers, so that they can be passed as arguments."""

    memory_mb: int
    """In addition to what the framework itself has allocated."""
    file_mb: int
    cpu_seconds: int


class Cage(NamedTuple):
    """The sandbox settings of one worker."""

    limits: Limits
    layers: tuple[Layer, ...]
    scratch: str
    readable: tuple[str, ...]
    """Paths that may be read recursively, in addition to the interpreter and the system's libraries."""
    uid: int
    """Used by the layer `uid`."""
    devices: tuple[str, ...] = ()
    """Device files of a GPU that may be used; if there are any, files that describe the hardware may be read."""


def level(holding: Sequence[str]) -> Level:
    """`strong`: all layers; `standard`: restricted files and system calls, and student code is not root."""
    as_nobody = "uid" in holding or not _is_root()
    if not as_nobody or not {"landlock", "limits", "seccomp"} <= set(holding):
        return "weak"
    return "strong" if "namespaces" in holding else "standard"


def apply(cage: Cage) -> None:
    """Apply the layers to this process. Raises `OSError` if the kernel refuses one."""
    steps: dict[Layer, Callable[[], None]] = {
        "namespaces": _leave_the_network,
        "uid": lambda: _become(cage.uid),
        "landlock": lambda: _restrict_files(cage.scratch, cage.readable, cage.devices),
        "limits": lambda: _limit(cage.limits, own_uid="uid" in cage.layers),
        "seccomp": lambda: filter_of_calls(os.getpid(), _OF_A_GPU if cage.devices else ()).load(),
    }
    for layer, step in steps.items():
        if layer in cage.layers:
            step()


def preload() -> None:
    """Import the libraries of the layers once in the zygote, so that its workers need not do so."""
    if sys.platform == "linux":
        for library in ("py_landlock", "pyseccomp"):
            with contextlib.suppress(ImportError, OSError, RuntimeError):
                # If it is missing or too old, the probe of its layer fails.
                importlib.import_module(library)


def probe() -> tuple[Layer, ...]:
    """The layers that work here: each is tested alone in a throwaway child, which attempts what the layer forbids."""
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
    """Make the kernel kill this process when its parent dies. Linux only."""
    _prctl(1, signal.SIGKILL)
    # The parent may have died before the call.
    if os.getppid() != parent:
        os._exit(125)


def adopt_orphans() -> None:
    """Adopt orphaned descendants instead of `init`, so that they stay in this process's tree."""
    _prctl(36, 1)


def apply_limits(limits: Limits) -> None:
    """Apply only the limits, for a worker that was not forked."""
    if sys.platform != "win32":
        _limit(limits, own_uid=False)


# ── the layers ──────────────────────────────────────────────────────────────────────────────────────────────


def _become(uid: int) -> None:
    """Switch to another user permanently, keeping a capability to read files if the interpreter needs it."""
    if not _is_root():
        raise OSError(errno.EPERM, "only root can switch to another user")
    keep = not _readable_by_all()
    if keep:
        _prctl(8, 1)  # PR_SET_KEEPCAPS
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if keep:
        dac_read_search = 1 << 2
        _set_capabilities(dac_read_search)
    # After the change of user, root owns /proc/self; no other process has this user id.
    _prctl(4, 1)  # PR_SET_DUMPABLE


def _leave_the_network() -> None:
    new_user, new_ipc, new_net = 0x10000000, 0x08000000, 0x40000000
    flags = new_net | new_ipc | (0 if _is_root() else new_user)
    if _libc().unshare(flags) < 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _restrict_files(scratch: str, readable: Sequence[str], drivers: Sequence[str]) -> None:
    from py_landlock import AccessFs, Landlock

    read, read_all = AccessFs.READ_FILE, AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
    devices = AccessFs.MAKE_CHAR | AccessFs.MAKE_BLOCK | AccessFs.MAKE_SOCK | AccessFs.MAKE_FIFO
    everything = AccessFs(0)
    for access in AccessFs:
        everything |= access
    rules = Landlock(strict=False)
    for path in {*_SYSTEM, *_interpreter(), *readable, *(_HARDWARE if drivers else ())}:
        if Path(path).exists():
            rules.add_path_rule(path, access=read_all if Path(path).is_dir() else read)
    for path in ("/dev/null", "/dev/zero", "/dev/full"):
        rules.add_path_rule(path, access=read | AccessFs.WRITE_FILE)
    for path in drivers:
        rules.add_path_rule(path, access=read | AccessFs.WRITE_FILE | AccessFs.IOCTL_DEV)
    if drivers:
        # CUDA names its threads by writing there, and fails if it may not.
        rules.add_path_rule("/proc/self", access=AccessFs.WRITE_FILE | AccessFs.TRUNCATE)
    rules.add_path_rule(scratch, access=everything & ~devices)
    rules.apply()


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
    for namespace in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        flag = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, namespace, namespace)
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", flag)
    # Paired datagram sockets can send to any path or name; paired stream sockets only to each other.
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socketpair", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))
    for name, number, itself in (
        *((name, 0, pid) for name in ABOUT_ITSELF),
        *((*rule, 0) for rule in ABOUT_ZERO),
    ):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name, pyseccomp.Arg(number, pyseccomp.NE, itself))
    for number in NEWER_CALLS:
        # A call without a name can only be added to the filter of the native architecture.
        with contextlib.suppress(OSError) if architecture else contextlib.nullcontext():
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)
    # Its flags are in memory, which a filter cannot read; glibc falls back to clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def _allow_listening_sockets(rules: Any) -> None:
    """Allow Unix stream sockets, because CUDA listens on one for its tools.

    Datagram sockets, which can send to any path, and connecting remain forbidden.
    """
    import pyseccomp  # pyright: ignore[reportMissingTypeStubs]

    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xF, kind))


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
        # It counts all threads of a user id; for a shared user id, add the threads of the whole machine.
        lower(resource.RLIMIT_NPROC, PROCESSES + (0 if own_uid else _threads_now()))
    lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    lower(resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE)
    lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    lower(resource.RLIMIT_CORE, 0)


# ── helpers of the layers ──────────────────────────────────────────────────────────────────────────────────────────

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
"""Paths that GPU drivers read to detect their hardware."""
_SOME_UID = 61184
"""The first of the user ids that systemd reserves for transient users."""


def _interpreter() -> set[str]:
    """The folders of Python and of the installed packages."""
    packages = {path for path in sys.path if path.endswith("-packages") and Path(path).is_dir()}
    return {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent), *packages}


def _readable_by_all() -> bool:
    """Whether all users can access this interpreter and its packages. Home folders are often closed to others."""
    for path in _interpreter():
        for folder in (Path(path).resolve(), *Path(path).resolve().parents):
            if not folder.stat().st_mode & 0o001:
                return False
    return True


def _become_root_again() -> None:
    if os.getuid() == 0 or not os.access(os.__file__, os.R_OK, effective_ids=True):
        # Without access to the interpreter's files, every import would fail.
        raise RuntimeError("still root, or the interpreter is out of reach")
    os.setuid(0)


def _holds(cage: Cage, forbidden: Callable[[], object]) -> bool:
    """In a child process, apply the cage and attempt the forbidden action, which must be refused."""
    pid = os.fork()
    if pid == 0:
        outcome = 3
        try:
            apply(cage)
            outcome = 1
            forbidden()
        except (OSError, MemoryError):
            # The layer refused the action, provided that the layer itself could be applied.
            outcome = 0 if outcome == 1 else 2
        except BaseException:  # noqa: BLE001 - a library is missing or too old: the layer does not work
            outcome = 3
        finally:
            os._exit(outcome)
    _, status = os.waitpid(pid, 0)
    return status == 0


def _data_now() -> int:
    """Bytes that RLIMIT_DATA already counts."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - read in every fork: pathlib is not free
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmData")


def _threads_now() -> int:
    """The number of threads on the whole machine."""
    with open("/proc/loadavg") as load:  # noqa: PTH123 - as above
        return int(load.read().split()[3].partition("/")[2])


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _set_capabilities(bits: int) -> None:
    """Set exactly these capabilities, permitted and effective; started programs inherit none of them."""
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
