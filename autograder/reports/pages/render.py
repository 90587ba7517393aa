"""The templates: their environment, the filters they share, and the pages' content security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from autograder.reports import safe_text, words
from autograder.results.files import file_name
from autograder.results.form import Picture, Result

_CODE = re.compile(r"`([^`\n]+)`")
_PAGES = PackageLoader("autograder.reports.pages", "templates")


def environment(*others: BaseLoader) -> Environment:
    """The environment of the pages' templates; `others` come first, and may extend them."""
    return Environment(
        loader=ChoiceLoader([*others, _PAGES]),
        autoescape=True,
        auto_reload=False,
        finalize=_sanitised,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def template(name: str, among: Environment | None = None) -> Template:
    """A template with the functions that all of them share; `among`: the environment, by default that of a folder."""
    return (among or ENVIRONMENT).get_template(name, globals=_SHARED)


@cache
def content_policy(*scripts: str, pictures: bool = False, served: bool = False) -> str:
    """The content security policy of a page that runs these scripts and no other.

    `pictures`: the page has some inside itself. `served`: it may ask its own server, and send it forms.
    """
    allowed = ["default-src 'none'", "style-src 'unsafe-inline'"]
    if scripts:
        allowed.append("script-src " + " ".join(f"'{_fingerprint(each)}'" for each in scripts))
    if pictures:
        allowed.append("img-src data:")
    if served:
        allowed.append("connect-src 'self'")
    forms = "'self'" if served else "'none'"
    return "; ".join([*allowed, "base-uri 'none'", f"form-action {forms}"])


@cache
def script(name: str, among: Environment | None = None) -> Markup:
    """The text of a script among the templates."""
    environment = among or ENVIRONMENT
    assert environment.loader
    return Markup(environment.loader.get_source(environment, name)[0])


def prose(text: str) -> Markup:
    """A sentence of a check, with text in backticks as code."""
    if "`" not in text:
        return escape(safe_text.inert(text))
    code = Markup('<code style="background: none; color: inherit">{}</code>')
    pieces = _CODE.split(safe_text.inert(text))
    return Markup("").join(code.format(piece) if number % 2 else piece for number, piece in enumerate(pieces))


def data_uri(picture: Picture) -> Markup:
    """The picture as a data URI, so that a page is a single file."""
    return Markup("data:image/png;base64," + base64.b64encode(picture.png).decode())


def link(result: Result) -> str:
    """The URL of a submission's page, relative to the class page."""
    return f"{quote(file_name(result.student), safe='')}/{quote(page_name(result), safe='')}"


def page_name(result: Result) -> str:
    """The file name of a submission's page, in the student's folder."""
    return f"{file_name(result.exercise)}.html"


def _sanitised(value: object) -> object:
    """Sanitise a value; Jinja calls this on every value that a template shows, before escaping it."""
    return safe_text.inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _fingerprint(text: str) -> str:
    """The hash by which a content security policy admits this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


ENVIRONMENT = environment()
"""That of the pages in a folder."""
_SHARED: dict[str, Any] = {
    "words": words,
    "safe_text": safe_text,
    "link": link,
    "prose": prose,
    "data_uri": data_uri,
}
