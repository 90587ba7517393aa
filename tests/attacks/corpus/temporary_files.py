# tries: leave temporary files, named pipes, sockets and devices
# keeps: gates.or, gates.and, gates.same_rule_for_all
import os
import socket
import tempfile

tempfile.NamedTemporaryFile(delete=False, prefix=TARGETS["token"]).close()
tempfile.mkdtemp(prefix=TARGETS["token"])
for folder in ("/var/tmp", "/dev/shm", "/run", *(() if TARGETS["view"] else ("/tmp",))):
    attempt(f"left a file in {folder}", lambda: tempfile.NamedTemporaryFile(dir=folder, delete=False, prefix=TARGETS["token"]))
if TARGETS["view"]:
    # The worker's own: the test looks for it in the real folder.
    tempfile.NamedTemporaryFile(dir="/tmp", delete=False, prefix=TARGETS["token"])
attempt("made a pipe", lambda: os.mkfifo("pipe"))
attempt("made a device", lambda: os.mknod("device", 0o20666, os.makedev(1, 3)))
attempt("made a socket", lambda: os.mknod("socket", 0o140666))
attempt("bound a socket", lambda: socket.socket(socket.AF_UNIX).bind("bound"))
or_gate, and_gate = right_or_gate, right_and_gate
