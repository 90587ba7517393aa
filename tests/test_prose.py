"""Texts for students follow the style guide, and every exercise's README has the same structure."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.release.notebooks import release_readmes
from autograder.release.readme import Section, readme_sections
from tests import catalogue, prose
from tests.catalogue import ROOT

READMES = sorted(ROOT.glob("assignments/*/README.md"))
EACH = pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)


@pytest.mark.parametrize("file", [*prose.students_texts(), *prose.checks()], ids=lambda file: "/".join(file.parts[-2:]))
def test_no_line_is_long_and_no_phrase_is_odd(file: Path) -> None:
    found = [str(finding) for finding in prose.findings(file) if finding.kind != "long sentence"]
    assert not found, "\n".join(found)


@EACH
def test_long_sentences_are_rare(readme: Path) -> None:
    found = [str(finding) for finding in prose.findings(readme) if finding.kind == "long sentence"]
    assert prose.share_of_long_sentences([readme]) < prose.LONG_SENTENCES, "\n".join(found)


@EACH
def test_common_texts_are_up_to_date(readme: Path) -> None:
    assert not release_readmes([catalogue.load(readme.parent.name)], check=True)


@EACH
def test_one_skeleton(readme: Path) -> None:
    sections = readme_sections(readme.read_text(encoding="utf-8"))
    introduction, how_to_work, *parts, going_further = sections
    assert introduction.text.startswith("# ")
    assert how_to_work.text.startswith("## How to work\n\n<!-- begin: how_to_work ")
    assert going_further.text.startswith("## Going further\n")
    assert all(section.part for section in parts)
    assert parts[-1].part == "gpu"
    assert "<!-- begin: gpu " in parts[-1].text
    for section in parts:
        assert not (missing := list(_missing(section))), f"{readme}: `{section.part}`: {missing}"


def _missing(section: Section) -> list[str]:
    """The elements that a part lacks. Each part has an example, the task, and what is graded, in this order."""
    wanted = ["**Example", "**Graded"] if section.part == "gpu" else ["**Example", "**Write", "**Graded"]
    places = [section.text.find(f"\n{each}") for each in wanted]
    missing = [each for each, place in zip(wanted, places, strict=True) if place < 0]
    return missing if missing or places == sorted(places) else ["in another order"]


def test_what_is_not_plain_is_found(tmp_path: Path) -> None:
    words = " ".join(["Word"] * 31)
    file = tmp_path / "text.md"
    file.write_text(f"# Title\n\nIt hangs on no seed. {words}. Short.\n\n$$ {words} $$\n\n`code`: {'x' * 121}\n")
    lengths = [(number, len(sentence.split())) for number, sentence in prose.sentences(file.read_text())]
    assert lengths == [(3, 5), (3, 31), (3, 1), (7, 2)]
    kinds = [(finding.line, finding.kind) for finding in prose.findings(file)]
    assert sorted(kinds) == [(3, "long line"), (3, "long sentence"), (3, "phrase"), (5, "long line"), (7, "long line")]
    assert prose.share_of_long_sentences([file]) == 1 / 4
