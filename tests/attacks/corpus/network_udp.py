# tries: send a datagram, and ask a name server
import socket

attempt("sent", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"harm", ("127.0.0.1", TARGETS["udp"])))
attempt("asked for a name", lambda: socket.getaddrinfo("example.org", 80))
attempt("sent to all", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"harm", ("255.255.255.255", 9)))
