"""The layers `namespaces` (no network, nothing shared with other processes) and `view` (only the files that it may see).

A zygote's keeper calls `enter` once, so that the zygote and all its workers are in one process namespace, which ends
with the zygote. The zygote builds the view once; a worker joins it and adds its own scratch folder. Root needs no
user namespace for this, an ordinary user gets one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from autograder.worker.sandbox import kernel
from autograder.worker.sandbox.files import SYSTEM, WRITABLE_DEVICES, interpreter
from autograder.worker.sandbox.limits import Limits

SCRATCH = "/worker"
"""A worker's folder in its view."""
NO_VIEW = -1
_CHILDREN = Path("/proc/thread-self/children")
"""A kernel can be built without it."""


def enter() -> bool:
    """Give the next child of this process a process namespace of its own. Whether the system allows it."""
    if not _CHILDREN.exists():
        return False
    # Some systems allow the first step only, after which there is no way back.
    trial = os.fork()
    if trial == 0:
        status = 1
        try:
            _enter()
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(trial, 0)[1] != 0:
        return False
    _enter()
    return True


def leave_the_network() -> None:
    """Move this process into new, empty network and IPC namespaces."""
    kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)


def build_view(readable: Sequence[str]) -> int:
    """A descriptor of a mount namespace that shows the system, the interpreter and the given paths; `NO_VIEW` if the
    system does not allow one.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pid = os.fork()
        if pid == 0:
            try:
                kernel.unshare(kernel.CLONE_NEWNS)
                _build(readable)
                theirs.send(b"built")
                ours.close()
                theirs.recv(1)
            finally:
                os._exit(0)
        theirs.close()
        built = ours.recv(5)
        try:
            return _kept(f"/proc/{outer_pid(pid)}/ns/mnt") if built else NO_VIEW
        finally:
            ours.close()
            os.waitpid(pid, 0)


def enter_view(view: int, limits: Limits, uid: int, gid: int) -> None:
    """Join the view, and mount the scratch folder, of a fixed size and for this user, as the current folder."""
    kernel.join_namespace(view, kernel.CLONE_NEWNS)
    kernel.unshare(kernel.CLONE_NEWNS)
    size = f"size={limits.all_files_mb}m,nr_inodes={limits.most_files},mode=700,uid={uid},gid={gid}"
    kernel.mount("tmpfs", SCRATCH, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, size)
    os.chdir(SCRATCH)


def outer_pid(child: int) -> int:
    """The id, in this process's /proc, of a child that `fork` has returned under that id.

    The two differ in a process namespace of its own.
    """
    return next((outer for outer, inner in children() if inner == child), child)


def children() -> list[tuple[int, int]]:
    """The children of this thread: their ids in its /proc, and in its process namespace; none if the kernel lists none."""
    found: list[tuple[int, int]] = []
    for pid in map(int, _CHILDREN.read_text().split() if _CHILDREN.exists() else ()):
        with suppress(FileNotFoundError, ProcessLookupError):
            status = Path(f"/proc/{pid}/status").read_text()
            found.append((pid, int(status.partition("\nNSpid:")[2].partition("\n")[0].split()[-1])))
    return found


def _enter() -> None:
    uid, gid = os.getuid(), os.getgid()
    as_user = not kernel.is_root()
    kernel.unshare(kernel.CLONE_NEWPID | (kernel.CLONE_NEWUSER if as_user else 0))
    if as_user:
        # Root would own these files while the process is not dumpable.
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _build(readable: Sequence[str]) -> None:
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    # Any folder will do: in this namespace it is covered.
    root = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")
    shown = list(_shown(readable))
    files = _sources(shown)
    kernel.mount("tmpfs", str(root), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for path, (descriptor, is_folder) in files.items():
        inside = root / path.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        if is_folder:
            inside.mkdir(exist_ok=True)
        else:
            inside.touch()
        kernel.mount(f"/proc/self/fd/{descriptor}", str(inside), flags=kernel.MS_BIND | kernel.MS_REC)
        os.close(descriptor)
        if not path.is_relative_to("/dev"):
            kernel.make_read_only(str(inside))
    for path in map(Path, (*SYSTEM, *interpreter(), *readable)):
        inside = root / path.relative_to("/")
        if path.is_symlink() and not path.is_relative_to("/proc") and not os.path.lexists(inside):
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.symlink_to(path.readlink())
    (root / SCRATCH.lstrip("/")).mkdir()
    if not (root / "tmp").exists():
        # Many programs write there by name.
        (root / "tmp").symlink_to(SCRATCH)
    (root / "proc").mkdir()
    _mount_proc(str(root / "proc"))
    kernel.mount("", str(root), flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | 4)
    kernel.change_root(str(root))


def _kept(path: str) -> int:
    """A descriptor above those that a worker overwrites."""
    import fcntl

    opened = os.open(path, os.O_RDONLY)
    try:
        return fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, 64)
    finally:
        os.close(opened)


def _mount_proc(target: str) -> None:
    """Mount /proc so that a worker does not see other workers: by what it may trace, else by user, else not at all."""
    for options in ("hidepid=ptraceable", "hidepid=2", ""):
        try:
            kernel.mount("proc", target, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)
        except OSError:
            if not options:
                raise
        else:
            return


def _shown(readable: Sequence[str]) -> Iterable[Path]:
    """The paths that are mounted: outermost folders only, without /proc, which is mounted anew, and without links."""
    listed = {Path(each) for each in (*SYSTEM, *WRITABLE_DEVICES, *interpreter(), *readable)}
    # An interpreter is often reached through links, as that of a virtual environment.
    listed |= {path.resolve() for path in listed}
    above: list[Path] = []
    for path in sorted(listed):
        if path.is_relative_to("/proc") or not path.exists() or path.is_symlink():
            continue
        if not any(path.is_relative_to(each) for each in above):
            above.append(path)
            yield path


def _sources(paths: Iterable[Path]) -> dict[Path, tuple[int, bool]]:
    """A descriptor of each path, opened before a mount covers it, and whether it is a folder."""
    return {path: (os.open(path, os.O_PATH), path.is_dir()) for path in paths}
