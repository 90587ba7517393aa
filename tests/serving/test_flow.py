"""What a person does on the served pages: real server, real browser, and the same files as from the command line."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs
from playwright.sync_api import Browser, expect

from autograder.course.people import adjustments
from autograder.results.form import read
from autograder.results.history.gradings import New
from autograder.results.history.record import History
from tests import toy
from tests.browser import WAIT, violations
from tests.notebook.kernels import wait_until
from tests.serving import running
from tests.serving.visitor import Visitor

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"{{ 7*7 }}\u202e"


def test_comment_adjust_regrade_accept(tmp_path: Path, browser: Browser) -> None:
    running.recorded(tmp_path, running.result("ada"), running.result("bob"))
    with running.server(tmp_path) as server:
        visitor = Visitor(browser, server)
        page = visitor.page
        visitor.accessible("class")
        page.get_by_role("link", name="ada", exact=True).first.click()
        visitor.accessible("submission")

        # By keyboard alone: a comment, with text that tries to be more.
        page.get_by_text("Comment, adjust, regrade").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.insert_text(HOSTILE)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="Recorded in adjustments.csv.")).to_be_visible()
        expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()

        visitor.accessible("decided")

        # What is wrong is said, and nothing is lost.
        page.get_by_label("Points or time").fill("many")
        page.get_by_label("Reason, which the student reads").fill("the text was ambiguous")
        page.get_by_role("button", name="Adjust").click()
        expect(page.get_by_role("alert")).to_have_text("'many' is not a number of points such as +1.5")
        expect(page.get_by_label("Reason, which the student reads")).to_have_value("the text was ambiguous")
        page.get_by_label("Points or time").fill("+1.5")
        page.get_by_role("button", name="Adjust").click()
        expect(page.locator(".total")).to_contain_text("11.5 / 20")
        comment, points = adjustments.read(tmp_path / "adjustments.csv")
        assert (comment.author, comment.kind, points.kind, points.value) == ("turing", "comment", "points", "+1.5")
        assert (points.reason, points.checks) == ("the text was ambiguous", "10")
        page.get_by_role("button", name="Take it back").click()
        expect(page.locator(".total")).to_contain_text("10 / 20")

        # The check was wrong: it is mended, run, and the difference counts when it is accepted.
        checks = toy.CHECKS.replace("three(), 3,", "three(), 4,")
        toy.write(tmp_path / "assignments/toy/checks.py", checks)
        page.get_by_role("combobox", name="Check").select_option("other.third")
        page.get_by_role("button", name="Regrade").click()
        expect(page.get_by_role("heading", name="Regraded")).to_contain_text(
            "other.third · toy · ada", timeout=4 * WAIT
        )
        page.get_by_role("link", name="Show what it has found").click()
        expect(page.locator(".proposals")).to_contain_text("10 / 20 → 20 / 20")
        visitor.accessible("regrading")
        with History.existing(tmp_path / "results") as history:
            assert [each.score for each in history.latest()] == [10, 10], "nothing counts yet"
        page.get_by_role("link", name="Page of ada").click()
        page.get_by_label("Why it should count").fill("the check was wrong")
        page.get_by_role("button", name="Accept the difference").click()
        expect(page.locator(".total")).to_contain_text("20 / 20")
        with History.existing(tmp_path / "results") as history:
            (counts,) = history.latest("ada")
            assert (counts.score, counts.author, counts.reason) == (20, "turing", "the check was wrong")
            assert [each.score for each in history.latest("bob")] == [10]
        # The browser notes the page that says what was wrong with the form.
        (refused,) = visitor.wrong
        assert "400 (Bad Request)" in refused
        assert all(url.startswith((server.address, "file:", "data:")) for url in visitor.asked)
        visitor.close()
    # The folder has followed when the server has ended.
    assert "20 / 20" in (tmp_path / "results/ada/toy.html").read_text()
    final = read(tmp_path / "results/ada/toy.json").final
    assert final and final.score == 20


def test_the_pages_say_what_is_new_and_run_nothing_of_students(tmp_path: Path, browser: Browser) -> None:
    name = HOSTILE.replace("/", "∕")
    running.recorded(
        tmp_path, running.result("ada"), running.result(name, output=HOSTILE, notes=[HOSTILE], file=HOSTILE)
    )
    with running.server(tmp_path) as server:
        visitor = Visitor(browser, server)
        page = visitor.page
        expect(page.get_by_text("There are newer results.")).to_be_hidden()
        newer = structs.replace(running.result("ada", score=20.0), graded="2026-01-02T00:00:00+00:00")
        running.add(tmp_path, newer, running.result("zoe"))
        page.get_by_role("link", name="Show them").click()
        expect(page.get_by_role("link", name="zoe")).to_be_visible()
        page.get_by_role("link", name="<script>").first.click()
        expect(page.get_by_role("heading", name="<script>")).to_be_visible()
        page.get_by_text("Comment, adjust, regrade").click()
        page.get_by_label("What the student reads", exact=True).fill("hello")
        page.get_by_role("button", name="Comment").click()
        expect(page.get_by_role("status").filter(has_text="Recorded")).to_be_visible()
        assert visitor.wrong == []
        visitor.close()


def test_without_a_script_everything_can_be_done(tmp_path: Path, browser: Browser) -> None:
    running.recorded(tmp_path, running.result("ada"))
    with running.server(tmp_path) as server:
        visitor = Visitor(browser, server, script=False)
        page = visitor.page
        page.get_by_role("link", name="ada", exact=True).first.click()
        page.get_by_text("Comment, adjust, regrade").click()
        page.get_by_role("combobox", name="What").select_option("excuse")
        page.get_by_label("Reason, which the student reads").fill("ill")
        page.get_by_role("button", name="Adjust").click()
        expect(page.locator(".total")).to_contain_text("excused")
        page.get_by_role("link", name="Class").click()
        expect(page.get_by_role("table").first).to_contain_text("excused")
        visitor.close()
        # A second browser needs a code of its own, which the same file has.
        second = Visitor(browser, server)
        second.page.goto(f"{server.address}/")
        second.page.get_by_label("The code that").fill("wrong")
        second.page.get_by_role("button").click()
        expect(second.page.get_by_role("alert")).to_be_visible()
        assert violations(second.page) == []
        second.close()


def test_no_grade_changes_without_a_reason_or_under_another_grading(tmp_path: Path) -> None:
    """What a form cannot send from a browser, and what is overtaken: over plain HTTP."""
    running.recorded(tmp_path, running.result("ada"))
    with History(tmp_path / "results") as history:
        (basis,) = history.latest()
        better = structs.replace(basis.result, score=20.0)
        proposal = {"result": better, "kind": "regrade", "basis": basis.run}
        (run,) = history.record_all([New(**proposal)], counts=False)
    with running.server(tmp_path) as server:
        page = server.inside("ada/toy.html")
        assert "10 / 20 → 20 / 20" in page.body
        form = {"action": "accept", "run": str(run), "reason": " "}
        for path in ("ada/toy.html", "regrading.html"):
            answer = server.inside(path, {**form, "action": "chosen" if "regrading" in path else "accept"})
            assert answer.status == 400 and "The reason is missing" in answer.body
        assert server.inside("ada/toy.html", {"action": "decide", "kind": "points", "value": "+1"}).status == 400
        assert server.inside("ada/toy.html", {"action": "decide", "kind": "comment", "comment": " "}).status == 400
        # Another process grades in the meantime.
        running.add(tmp_path, structs.replace(basis.result, score=5.0, seed=2, graded="2026-01-02T00:00:00+00:00"))
        answer = server.inside("ada/toy.html", {**form, "reason": "because"})
        assert answer.status == 400 and "Choose the differences to accept" in answer.body
        assert server.inside("regrading.html", {"action": "all", "shown": str(run), "reason": "x"}).status == 400
        with History.existing(tmp_path / "results") as history:
            assert [each.score for each in history.latest()] == [5]
    assert not (tmp_path / "adjustments.csv").exists()


def test_a_mistake_in_a_file_of_the_course_is_said_and_the_pages_stay(tmp_path: Path) -> None:
    running.recorded(tmp_path, running.result("ada"))
    with running.server(tmp_path) as server:
        assert "ada" in server.inside("index.html").body
        roster = toy.write(tmp_path / "roster.csv", "id,id\nada,ada\n")
        wrong = toy.write(tmp_path / "adjustments.csv", "time,author\nx,y\n")
        assert wait_until(lambda: "these columns are missing" in server.inside("index.html").body)
        assert "10 / 20" in server.inside("ada/toy.html").body
        roster.unlink()
        wrong.unlink()
        assert wait_until(lambda: "these columns are missing" not in server.inside("index.html").body)
