# tries: send over TCP, by sockets, a shell and a program
import socket
import subprocess
import urllib.request

address = ("127.0.0.1", TARGETS["tcp"])
attempt("connected", lambda: socket.create_connection(address, timeout=2).sendall(b"harm"))
attempt("connected over IPv6", lambda: socket.create_connection(("::ffff:127.0.0.1", TARGETS["tcp"]), timeout=2))
attempt("fetched", lambda: urllib.request.urlopen(f"http://127.0.0.1:{TARGETS['tcp']}/", timeout=2))
attempt("listened", lambda: socket.create_server(("127.0.0.1", 0)))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("the shell's", lambda: subprocess.run(["bash", "-c", f"echo harm > /dev/tcp/127.0.0.1/{TARGETS['tcp']}"], check=True))
