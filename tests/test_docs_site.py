"""The documentation site: the strict build succeeds, needs no other host, and fails on each kind of error."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.commands import options
from tests import debian
from tests.catalogue import ROOT, names
from tests.conftest import Once

DOCS = ROOT / "docs"
ELSEWHERE = re.compile(r"^(https?:)?//")
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "object": "data",
    "source": "src",
    "video": "src",
}
"""Elements for which a browser loads something, and the attribute with its address."""


def _build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """The build of `make docs` for other pages, with the same configuration."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet",
         "-c", str(DOCS), "-d", str(target / "doctrees"), str(source), str(target / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip


class _Loads(HTMLParser):
    """Collects the addresses that a browser loads for a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs).get(LOADED.get(tag, ""))
        if found:
            self.found.append(found)


@pytest.fixture(scope="module")
def site(once: Once) -> Path:
    """The site as `make docs` builds it."""

    def make(folder: Path) -> None:
        if not shutil.which("dot"):
            debian.install("graphviz")
        done = _build(DOCS, folder)
        assert done.returncode == 0, done.stderr

    return once("docs-site", make) / "site"


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    loaded = {(page.name, each) for page in pages for each in _Loads(page.read_text(encoding="utf-8")).found}
    assert any(".css" in each for _, each in loaded)
    assert not [each for each in loaded if ELSEWHERE.match(each[1])]


def test_no_stylesheet_loads_anything_from_another_host(site: Path) -> None:
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert sheets
    wanted = [url for sheet in sheets for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet)]
    assert not [url for url in wanted if ELSEWHERE.match(url)]
    assert not [sheet for sheet in sheets if re.search(r"@import\s+['\"](https?:)?//", sheet)]


def test_formulas_are_mathml(site: Path) -> None:
    pages = [path.read_text(encoding="utf-8") for path in (site / "exercises").glob("*.html")]
    assert any("<math" in page for page in pages)
    assert not any("MathJax" in page for page in pages)


def test_the_graph_of_the_packages_is_the_contract(site: Path) -> None:
    drawn = " ".join(path.read_text(encoding="utf-8") for path in (site / "_images").glob("graphviz-*.svg"))
    folders = {path.name for path in (ROOT / "autograder").iterdir() if (path / "__init__.py").is_file()}
    assert folders and all(f">{name}<" in drawn for name in folders)


def test_every_exercise_has_a_page() -> None:
    pages = {path.stem for path in (DOCS / "exercises").glob("*.md")} - {"index"}
    assert pages == set(names())


def test_every_exit_code_is_documented() -> None:
    page = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    interrupted = {128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    assert documented == {0, options.SOMETHING_WRONG, options.USAGE, options.UNGRADED, *interrupted}
    assert options.INTERRUPTED in interrupted


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[another page](nowhere.md)", "nowhere.md"),
        ("[a section](#nowhere)", "nowhere"),
        ("{term}`nowhere`", "nowhere"),
        ("{py:func}`nowhere.at_all`", "nowhere.at_all"),
        (r"$\nowhere{x}$", "nowhere"),
    ],
)
def test_what_leads_nowhere_fails_the_build(tmp_path: Path, text: str, complaint: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text(f"# A page\n\n{text}\n", encoding="utf-8")
    done = _build(source, tmp_path)
    assert done.returncode == 1
    assert "WARNING" in done.stderr and complaint in done.stderr


def test_the_links_of_the_project_readme_lead_somewhere() -> None:
    linked = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert not [target for target in linked if not ELSEWHERE.match(target) and not (ROOT / target).exists()]
