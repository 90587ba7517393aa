"""Who may use the server: a one-time code becomes a cookie, and every request must be addressed to this server.

Other users of the machine can connect to a port on the loopback device, and so can every page that a browser has open.
So each request must name one of our own hosts (a name that an attacker controls may resolve to 127.0.0.1), a request that
changes something must come from one of our own pages, and both need the cookie. Browsers send cookies to every port of
a host: the name of ours has the port, and its path is a secret, which servers on other ports do not learn.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.serving import entrance

LARGEST = 256 << 10
"""Bytes of a request's body."""
METHODS = ("GET", "HEAD", "POST")
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NOTHING_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'"
FRAMES = "frame-ancestors 'none'"
"""Of a policy in a header; browsers ignore it elsewhere."""


class Door:
    """The codes, the sessions of browsers that have used one, and the addresses that are ours. Thread-safe."""

    def __init__(self, port: int, renewed: Callable[[str], None] = lambda code: None) -> None:
        """`renewed` is called with each new code: the first one, and one after each code that was used."""
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.cookie = f"autograder-{port}"
        self.room = f"/{secrets.token_urlsafe(12)}"
        """The path below which everything is, and to which browsers send the cookie."""
        self._sessions: set[str] = set()
        self._lock = threading.Lock()
        self._renewed = renewed
        self.code = ""
        self._renew()

    @property
    def address(self) -> str:
        """Where a browser asks for the code."""
        return f"http://{self.hosts[0]}/"

    def enter(self, code: str) -> str | None:
        """The value of the cookie for who knows the code, which is good for nothing afterwards; otherwise `None`."""
        with self._lock:
            if not secrets.compare_digest(code.encode(), self.code.encode()):
                return None
            session = secrets.token_urlsafe(32)
            self._sessions.add(session)
            self._renew()
            return session

    def session(self, connection: HTTPConnection) -> str | None:
        """The session that a request belongs to."""
        value = connection.cookies.get(self.cookie, "").encode()
        return next((each for each in tuple(self._sessions) if secrets.compare_digest(value, each.encode())), None)

    def is_ours(self, headers: Headers) -> bool:
        """Whether the request is addressed to one of our hosts, by that name."""
        return len(named := headers.getlist("host")) == 1 and named[0] in self.hosts

    def is_from_us(self, headers: Headers) -> bool:
        """Whether one of our own pages made the request.

        Our pages send no referrer, so browsers name no origin when a form is sent, but they say where it comes from.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin == "null":
            return site == "same-origin"
        return origin == f"http://{headers.get('host')}" and site in (None, "same-origin")

    def _renew(self) -> None:
        self.code = secrets.token_urlsafe(18)
        self._renewed(self.code)


class Guard:
    """ASGI middleware: lets through what is allowed, and adds the headers that keep other pages out."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers[name] = value
                policy = headers.get("content-security-policy", NOTHING_ALLOWED)
                headers["Content-Security-Policy"] = f"{policy}; {FRAMES}"
                message["headers"] = headers.raw
            await send(message)

        refusal = self._refusal(HTTPConnection(scope), scope["method"], scope["path"])
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, request: HTTPConnection, method: str, path: str) -> Response | None:
        """The answer to a request that is not let through."""
        door = self._door
        if not door.is_ours(request.headers):
            return _said(HTTPStatus.MISDIRECTED_REQUEST, f"This server is at {door.address}")
        if method not in METHODS:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED, "This server reads and takes forms.")
        if path == entrance.PATH and method == "POST":
            return None  # The code is what counts; the page that knows it is a file, which has no origin.
        if path == "/" and method != "POST":
            return None
        inside = secrets.compare_digest(path.encode()[: len(door.room) + 1], f"{door.room}/".encode())
        if not inside or door.session(request) is None:
            return entrance.sign_in(HTTPStatus.FORBIDDEN)
        if method == "POST" and not door.is_from_us(request.headers):
            return _said(HTTPStatus.FORBIDDEN, "This form was not sent from one of the server's own pages.")
        return None


def _said(status: HTTPStatus, sentence: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status)
