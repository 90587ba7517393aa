# tries: fill tables that all programs of a machine or of a user share: asynchronous input, watches, queues, keys
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
CALLS = {
    "x86_64": {"io_setup": (206, 65536), "inotify_init1": (294, 0), "fanotify_init": (300, 0), "mq_open": (240, 0)},
    "aarch64": {"io_setup": (0, 65536), "inotify_init1": (26, 0), "fanotify_init": (262, 0), "mq_open": (180, 0)},
}
room = ctypes.create_string_buffer(64)
for name, (number, first) in CALLS[os.uname().machine].items():
    word = ctypes.c_char_p(b"attack") if name == "mq_open" else ctypes.c_long(first)
    attempt(f"called {name}", lambda: {}[libc.syscall(ctypes.c_long(number), word, room, 0o600, None) < 0])
