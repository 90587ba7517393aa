"""Which page is where, and what a form does."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from autograder.errors import UsageError
from autograder.reports.pages.render import link
from autograder.results.form import Result
from autograder.serving import entrance, pages
from autograder.serving.access import LARGEST, Door, Guard
from autograder.serving.actions import Fields, Office, value
from autograder.serving.pages import LIVE, NEWEST, Form, Place
from autograder.serving.state import View

MOST_FIELDS = 2_000
ENCODING = "application/x-www-form-urlencoded"
REGRADING = "regrading.html"
_REFUSED = (UsageError, OSError)
"""What is said above the form, which keeps what was written into it. `OSError`: a disk that is full or read-only."""


@dataclass
class Said:
    """Sentences about what a browser has just done, for the next page that it asks for. Thread-safe."""

    _by_session: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, session: str, sentence: str) -> None:
        """Keep a sentence."""
        with self._lock:
            self._by_session.setdefault(session, []).append(sentence)

    def taken(self, session: str) -> list[str]:
        """The sentences, which are forgotten."""
        with self._lock:
            return self._by_session.pop(session, [])


class Site:
    """The pages, and the forms on them."""

    def __init__(self, office: Office, door: Door) -> None:
        self._office = office
        self._record = office.record
        self._door = door
        self._said = Said()
        self._classes = pages.ClassPages()

    def app(self) -> ASGIApp:
        """The application."""
        inside = [
            Route(f"/{REGRADING}", self._regrading),
            Route(f"/{REGRADING}", _of_form(self._regrading_form), methods=["POST"]),
            Route("/{student}/{exercise}.html", self._submission),
            Route("/{student}/{exercise}.html", _of_form(self._submission_form), methods=["POST"]),
            Route("/{name}.html", self._class),
        ]
        routes = [
            Route("/", _sign_in),
            Route(entrance.PATH, _of_form(self._enter), methods=["POST"]),
            Mount(self._door.room, routes=inside),
        ]
        return Guard(Starlette(routes=routes, exception_handlers={UsageError: _sentence}), self._door)

    def _enter(self, request: Request, form: Fields) -> Response:
        session = self._door.enter(value(form, "code"))
        if session is None:
            return entrance.sign_in(HTTPStatus.FORBIDDEN, "This code is wrong, or has been used.")
        response = entrance.entered(f"{self._door.room}/index.html")
        response.set_cookie(self._door.cookie, session, path=self._door.room, httponly=True, samesite="strict")
        return response

    def _class(self, request: Request) -> Response:
        view, place = self._view(), self._place(request)
        state, workshop = self._office.state, self._office.workshop
        if (seen := request.query_params.get(LIVE)) is not None:
            return _page(pages.live_of_class(state, view, workshop, place, int(seen) if seen.isdecimal() else 0))
        newest = NEWEST in request.query_params
        kept = self._classes.page(view, f"{request.path_params['name']}.html", newest)
        if kept is None:
            return self._not_found(place)
        if newest and "hx-request" in request.headers:
            # The browser loads its page again, and keeps what the page's script has written behind the `#`.
            return Response(headers={"HX-Refresh": "true"})
        return _page(pages.of_class(kept, state, view, workshop, place))

    def _submission(self, request: Request) -> Response:
        place = self._place(request, "../")
        view, result = self._result(request)
        if (seen := request.query_params.get(LIVE)) is not None:
            return _page(pages.live_of_submission(result, place, seen))
        return self._not_found(place) if result is None else self._show(view, result, place)

    def _submission_form(self, request: Request, form: Fields) -> Response:
        view, result = self._result(request, fresh=True)
        place = self._place(request, "../")
        if result is None:
            return self._not_found(place)
        whose = result.handed_in_by or result.student
        goes_to = link(result)
        try:
            match value(form, "action"):
                case "decide":
                    said = self._office.decide(view, result, form)
                case "regrade":
                    said = self._office.regrade(whose, result.exercise, value(form, "check") or None)
                    goes_to = REGRADING
                case "accept":
                    there = self._record.differences(whose, result.exercise)
                    chosen = [each for each in there if str(each.run) in form.get("run", [])]
                    said = self._office.accept(chosen, value(form, "reason"))
                case _:
                    raise UsageError("There is no such action")
        except _REFUSED as problem:
            return self._show(view, result, place, _refused(problem, form))
        return self._done(request, said, goes_to)

    def _show(self, view: View, result: Result, place: Place, form: Form = pages.EMPTY) -> Response:
        whose = result.handed_in_by or result.student
        differences = self._record.differences(whose, result.exercise)
        course = self._record.beside(view.course, result)
        page = pages.of_submission(view, result, course, place, differences, form)
        return _page(page, HTTPStatus.BAD_REQUEST if form.problem else HTTPStatus.OK)

    def _regrading(self, request: Request) -> Response:
        place = self._place(request)
        if (seen := request.query_params.get(LIVE)) is not None:
            return _page(pages.live_of_regrading(self._office.workshop, place, seen))
        return self._show_regrading(place)

    def _regrading_form(self, request: Request, form: Fields) -> Response:
        try:
            match value(form, "action"):
                case "regrade":
                    exercise, _, check = value(form, "check").partition(" ")
                    said = self._office.regrade(value(form, "student") or None, exercise or None, check or None)
                case "stop":
                    self._office.workshop.stop()
                    said = "The regrading was stopped. What it has found is kept."
                case "all" | "gains" | "chosen" as whom:
                    said = self._accept(whom, form)
                case _:
                    raise UsageError("There is no such action")
        except _REFUSED as problem:
            return self._show_regrading(self._place(request), _refused(problem, form))
        return self._done(request, said, REGRADING)

    def _accept(self, whom: str, form: Fields) -> str:
        """Accept differences among those that the page has shown, and no others."""
        runs = set(form.get("run", [])) if whom == "chosen" else set(value(form, "shown").split())
        there = [each for each in self._record.differences() if str(each.run) in runs]
        chosen = [each for each in there if whom != "gains" or each.gain >= 0]
        return self._office.accept(chosen, value(form, "reason"))

    def _show_regrading(self, place: Place, form: Form = pages.EMPTY) -> Response:
        differences = self._record.differences()
        page = pages.of_regrading(self._view(), self._office.workshop, place, differences, self._record.exists, form)
        return _page(page, HTTPStatus.BAD_REQUEST if form.problem else HTTPStatus.OK)

    def _view(self, fresh: bool = False) -> View:
        return self._office.state.view(fresh)

    def _result(self, request: Request, fresh: bool = False) -> tuple[View, Result | None]:
        view = self._view(fresh)
        return view, view.at(request.path_params["student"], request.path_params["exercise"])

    def _place(self, request: Request, top: str = "") -> Place:
        live = LIVE in request.query_params
        session = self._door.session(request)
        return Place(self._office.author, top, [] if live or session is None else self._said.taken(session))

    def _done(self, request: Request, said: str, goes_to: str) -> Response:
        self._view(fresh=True)
        self._classes.expire()
        if session := self._door.session(request):
            self._said.add(session, said)
        return RedirectResponse(f"{self._door.room}/{goes_to}", HTTPStatus.SEE_OTHER)

    def _not_found(self, place: Place) -> Response:
        return _page(pages.not_found(place), HTTPStatus.NOT_FOUND)


def _sign_in(request: Request) -> Response:
    return entrance.sign_in()


def _page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(html, status, {"Content-Security-Policy": pages.POLICY})


def _sentence(request: Request, problem: Exception) -> Response:
    said = " ".join(problem.problems) if isinstance(problem, UsageError) else ""
    return PlainTextResponse(f"{said}\n", HTTPStatus.SERVICE_UNAVAILABLE)


def _refused(problem: UsageError | OSError, form: Fields) -> Form:
    said = " ".join(problem.problems) if isinstance(problem, UsageError) else f"Not recorded: {problem}"
    return Form(said, {name: value(form, name) for name in form})


def _of_form(act: Callable[[Request, Fields], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a form of bounded size, and lets a thread act on it."""

    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != ENCODING:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            text = body.decode("ascii")
            form = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError as problem:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from problem
        return await run_in_threadpool(act, request, form)

    return endpoint
