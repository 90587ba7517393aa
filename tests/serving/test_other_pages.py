"""What a page of somebody else can do in the browser of who has the pages open: a server on another port."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.serving import running
from tests.serving.visitor import Visitor

PAGE = """<!DOCTYPE html><title>Free cats</title>
<iframe src="{page}"></iframe>
<form method="post" action="{page}" target="out">
<input name="action" value="decide"><input name="kind" value="points"><input name="value" value="+9">
<input name="reason" value="mine"></form>
<iframe name="out"></iframe>
<script>
document.forms[0].submit();
fetch("{page}", {{credentials: "include"}}).then(answer => answer.text()).then(text => document.title = text, () => {{}});
fetch("{page}", {{method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({{
  action: "decide", kind: "points", value: "+9", reason: "mine"}})}}).finally(() => document.body.append("tried"));
</script>"""


@contextmanager
def somebody(page: str) -> Iterator[tuple[str, list[str]]]:
    """A server of another user: its address, and the cookies that it was sent."""
    cookies: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookies.extend(self.headers.get_all("Cookie", []))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.format(page=page).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the terminal is the tests'."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", cookies
        server.shutdown()


def test_a_page_on_another_port_reads_and_changes_nothing(tmp_path: Path, browser: Browser) -> None:
    """Even one that knows where the pages are: for browsers, it belongs to the same site."""
    running.recorded(tmp_path, running.result("ada"))
    with running.server(tmp_path) as server:
        visitor = Visitor(browser, server)
        inside = visitor.page.url.rpartition("/")[0]
        answered: list[tuple[str, int]] = []
        visitor.page.on("response", lambda answer: answered.append((answer.request.method, answer.status)))
        with somebody(f"{inside}/ada/toy.html") as (address, cookies):
            visitor.page.goto(address)
            visitor.page.get_by_text("tried").wait_for()
            visitor.page.wait_for_load_state("networkidle")
            assert visitor.page.title() == "Free cats"
            assert all("Comment, adjust" not in frame.content() for frame in visitor.page.frames)
            assert cookies == []
        assert ("POST", 403) in answered and ("POST", 303) not in answered
        assert sum(url.endswith("/ada/toy.html") for url in visitor.asked) == 4, "each of them was tried"
        # The visitor has not lost anything by it.
        visitor.page.goto(f"{inside}/index.html")
        visitor.page.get_by_role("link", name="ada", exact=True).first.wait_for()
        visitor.close()
    assert not (tmp_path / "adjustments.csv").exists()
