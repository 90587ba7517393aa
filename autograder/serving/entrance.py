"""The way in: a page that asks for the one-time code, a private file that knows it, and the page that leads inside."""

from __future__ import annotations

from http import HTTPStatus

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

PATH = "/enter"
_TEMPLATES = Environment(
    loader=PackageLoader("autograder.serving", "templates"), autoescape=True, undefined=StrictUndefined
)


def sign_in(status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    """The page that asks for the code; it says nothing about the results."""
    page = _TEMPLATES.get_template("sign_in.html").render(target=PATH, code="", problem=problem)
    return HTMLResponse(page, status)


def entered(first: str) -> HTMLResponse:
    """A page that leads to the path `first`.

    A redirect would be followed without the new cookie, because the request did not begin on a page of ours.
    """
    return HTMLResponse(_TEMPLATES.get_template("entered.html").render(first=first))


def private_page(address: str, code: str) -> str:
    """A page that sends the code to the server at this address. Whoever can read it can come in."""
    return _TEMPLATES.get_template("sign_in.html").render(target=f"{address}{PATH}", code=code, problem="")
