"""Every check stands in `docs/claims.md`, and nothing else does."""

from __future__ import annotations

import re

from tests import catalogue
from tests.catalogue import ROOT


def test_every_check_stands_in_the_table() -> None:
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE))
    for name in catalogue.names():
        listed = re.findall(r"^\| `(\w+\.\w+)` \|", sections.get(name, ""), flags=re.MULTILINE)
        assert sorted(listed) == sorted(check.id for check in catalogue.load(name).checks), name
