# tries: take the kernel's back doors: bpf, io_uring, userfaultfd, perf, keys, handles, modules, 32-bit calls
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
CALLS = {
    "x86_64": {"bpf": 321, "io_uring_setup": 425, "userfaultfd": 323, "perf_event_open": 298, "add_key": 248, "keyctl": 250,
               "open_by_handle_at": 304, "init_module": 175, "kexec_load": 246, "fsopen": 430, "setns": 308, "reboot": 169},
    "aarch64": {"bpf": 280, "io_uring_setup": 425, "userfaultfd": 282, "perf_event_open": 241, "add_key": 217, "keyctl": 219,
                "open_by_handle_at": 265, "init_module": 105, "kexec_load": 104, "fsopen": 430, "setns": 268, "reboot": 142},
}
room = ctypes.create_string_buffer(256)
for name, number in CALLS.get(os.uname().machine, {}).items():
    attempt(f"called {name}", lambda: {}[libc.syscall(number, room, room, 0, 0, 0) < 0])
    if os.uname().machine == "x86_64":
        # The same calls under the numbers of the x32 interface.
        attempt(f"called {name} as x32", lambda: {}[libc.syscall(0x40000000 | number, room, room, 0, 0, 0) < 0])
