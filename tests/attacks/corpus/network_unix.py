# tries: reach a service through its Unix socket, by path and by abstract name, as one reaches a container engine
import ctypes
import os
import socket
import struct

for path in (TARGETS["unix"], "\0" + TARGETS["abstract"], "/var/run/docker.sock", "/run/systemd/notify", "/dev/log"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        attempt("has a socket", lambda: socket.socket(socket.AF_UNIX, kind).connect(path))


def connect_a_pair():
    """One half of a socketpair, connected anew: no call of `socket` is needed."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"harm", TARGETS["unix_datagrams"])


def connect_the_wire():
    socket.socket(fileno=os.dup(3)).connect(TARGETS["unix"])


attempt("sent through a pair", connect_a_pair)
attempt("connected the wire", connect_the_wire)
