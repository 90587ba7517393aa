"""Run a command as an ordinary user, or as in a container with Docker's defaults.

    python -m tests.attacks.settings SETTING COMMAND…

Without arguments, it says why this machine does not support that, or nothing.
Debian's `runc` runs it on a temporary copy of this machine's own files, so neither an image nor an engine is needed.
Root is required.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from tests import debian
from tests.catalogue import ROOT

Setting = Literal["user", "container", "container-user"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)
PACKAGES = ("runc", "golang-github-containers-common")
PROFILE = Path("/usr/share/containers/seccomp.json")
USER = 1000

CAPABILITIES = [
    f"CAP_{name}"
    for name in (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
]  # fmt: skip
"""Capabilities that uid 0 keeps in Docker, from the manual's table "Runtime privilege and Linux capabilities"."""

BLOCKED = {
    "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module", "finit_module",
    "get_kernel_syms", "get_mempolicy", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm",
    "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "mount", "move_pages",
    "nfsservctl", "open_by_handle_at", "perf_event_open", "pivot_root", "process_vm_readv", "process_vm_writev",
    "query_module", "quotactl", "reboot", "request_key", "set_mempolicy", "setns", "settimeofday", "stime", "swapoff",
    "swapon", "_sysctl", "sysfs", "syslog", "umount", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vm86",
    "vm86old",
    # Newer system calls for mounting, which the manual does not list.
    "fsconfig", "fsmount", "fsopen", "fspick", "mount_setattr", "move_mount", "open_tree", "pidfd_getfd",
}  # fmt: skip
"""Calls that Docker's default profile refuses, from its manual, "Seccomp security profiles for Docker". Debian's
profile is Podman's, which allows some of them."""
NAMESPACE_FLAGS = 0x7E020000
"""`CLONE_NEW…`, which Docker's profile refuses to `clone`."""


def missing() -> str:
    """Why this machine does not support these settings: a sentence, or nothing. Tries to install missing packages."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root can make these settings; whoever runs this is in one of them"
    if not _installed():
        debian.install(*PACKAGES)
    if not _installed():
        raise RuntimeError(
            f"{' and '.join(PACKAGES)} are needed here; this system has no apt-get that could install them"
        )
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        return (
            "this machine is a container itself, where nothing may be mounted: the plain tests have run in that setting"
        )
    return ""


def command(setting: Setting, *words: str) -> list[str]:
    """The command line that runs `words` in the setting."""
    return [sys.executable, "-m", "tests.attacks.settings", setting, *words]


def main(setting: Setting, words: Sequence[str]) -> int:
    """Run it and return its exit status. Its own mount namespace removes all mounts afterwards."""
    if os.environ.get("_MOUNTS_ARE_OURS") != setting:
        os.environ["_MOUNTS_ARE_OURS"] = setting
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *command(setting, *words)])
    with tempfile.TemporaryDirectory(prefix="setting-") as name:
        bundle = Path(name)
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(bundle))
        for part in ("upper", "work", "rootfs"):
            (bundle / part).mkdir()
        layers = f"lowerdir=/,upperdir={bundle}/upper,workdir={bundle}/work"
        _mount("-t", "overlay", "-o", layers, "overlay", str(bundle / "rootfs"))
        _open_to_all(bundle / "rootfs")
        (bundle / "config.json").write_text(json.dumps(_bundle(setting, words)))
        try:
            return subprocess.run(
                ["runc", "--root", f"{bundle}/state", "run", "--bundle", str(bundle), bundle.name], check=False
            ).returncode
        finally:
            for mounted in (bundle / "rootfs", bundle):
                subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def _installed() -> bool:
    return bool(shutil.which("runc")) and PROFILE.is_file()


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _open_to_all(root: Path) -> None:
    """Make the interpreter readable for an ordinary user if it is in a closed home folder; changes only the copy."""
    for path in (Path(sys.base_prefix).resolve(), ROOT):
        for folder in (path, *path.parents):
            copy = root / folder.relative_to("/")
            copy.chmod(copy.stat().st_mode | 0o055)


def _bundle(setting: Setting, words: Sequence[str]) -> dict[str, Any]:
    """The Open Container Initiative runtime configuration that `runc` reads."""
    uid = 0 if setting == "container" else USER
    contained = setting != "user"
    capabilities = CAPABILITIES if contained else []
    held = capabilities if uid == 0 else []
    namespaces = ("mount", "pid", "network", "ipc", "uts") if contained else ("mount",)
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": uid, "gid": uid, "umask": 0o022},
            "args": list(words),
            "cwd": str(ROOT),
            "env": [
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/tmp",
                "LANG=C.UTF-8",
                "PYTHONDONTWRITEBYTECODE=1",
                "NO_COLOR=1",
            ],
            "capabilities": {
                "bounding": capabilities,
                "effective": held,
                "permitted": held,
                "inheritable": [],
                "ambient": [],
            },
            "noNewPrivileges": False,
        },
        "root": {"path": "rootfs", "readonly": False},
        "mounts": _contained_mounts() if contained else _own_mounts(),
        "linux": {
            "namespaces": [{"type": kind} for kind in namespaces],
            **(
                {"seccomp": _docker_profile(), "maskedPaths": _MASKED, "readonlyPaths": _READ_ONLY} if contained else {}
            ),
        },
    }


_MASKED = [
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/scsi",
    "/sys/firmware",
]
_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def _contained_mounts() -> list[dict[str, Any]]:
    def mounted(where: str, kind: str, *options: str) -> dict[str, Any]:
        return {"destination": where, "type": kind, "source": kind, "options": ["nosuid", "noexec", *options]}

    return [
        mounted("/proc", "proc", "nodev"),
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
        mounted("/dev/pts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620"),
        mounted("/dev/shm", "tmpfs", "nodev", "mode=1777", "size=65536k"),
        mounted("/dev/mqueue", "mqueue", "nodev"),
        mounted("/sys", "sysfs", "nodev", "ro"),
    ]


def _own_mounts() -> list[dict[str, Any]]:
    return [
        {"destination": path, "type": "bind", "source": path, "options": ["rbind"]}
        for path in ("/proc", "/sys", "/dev")
    ]


def _docker_profile() -> dict[str, Any]:
    """Debian's profile for containers, without the calls that Docker's profile refuses."""
    profile: dict[str, Any] = json.loads(PROFILE.read_text())
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    calls: list[dict[str, Any]] = []
    for rule in profile["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if machine not in includes.get("arches", [machine]) or machine in excludes.get("arches", []):
            continue
        if set(includes.get("caps", [])) - set(CAPABILITIES) or set(excludes.get("caps", [])) & set(CAPABILITIES):
            continue
        names = [name for name in rule["names"] if name not in BLOCKED | {"clone", "clone3", "socket"}]
        if names and rule["action"] == "SCMP_ACT_ALLOW":
            calls.append({"names": names, "action": rule["action"], "args": rule.get("args") or []})
    no_namespaces = {"index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    no_vsock = {"index": 0, "value": 40, "op": "SCMP_CMP_NE"}
    calls += [
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [no_namespaces]},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [no_vsock]},
    ]
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": calls}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        # Why there are no settings here, for whoever wants to know before.
        print(missing())
        raise SystemExit
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))  # pyright: ignore[reportArgumentType] - checked where it is looked up
