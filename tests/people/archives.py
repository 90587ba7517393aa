"""Archives as platforms make them, with the traps that they contain in practice. The sources are in docs/semester.md."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests import toy

WRONG = toy.RIGHT.replace("2 * x", "3 * x")
"""Earns 15 of 20 points."""
RIGHT_SCORE, WRONG_SCORE = 20, 15
ROSTER = (
    "id,name,email\nada,Ada Lovelace,ada@example.org\nbo,Bo Diddley,bo@example.org\nzoe,Zoë Müller,zoe@example.org\n"
)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 12, 0, 0)), content)
    return buffer.getvalue()


def write(path: Path, files: Mapping[str, str | bytes]) -> Path:
    path.write_bytes(zipped(files))
    return path


CANVAS: dict[str, str | bytes] = {
    # The second submission; Canvas numbers its file.
    "lovelaceada_12345_67890_toy-2.py": toy.RIGHT,
    "diddleybo_LATE_12346_67891_toy_torch.py": WRONG,
    "müllerzoë_12347_67892_hw.zip": zipped({"hw/toy.py": toy.RIGHT, "hw/notes.txt": "x", "__MACOSX/hw/._toy.py": "x"}),
    "müllerzoë_12347_67893_plot.png": b"\x89PNG",
    "strangerian_12349_67894_toy.py": toy.RIGHT,
}
MOODLE: dict[str, str | bytes] = {
    "Ada Lovelace_1234567_assignsubmission_file/toy.py": toy.RIGHT,
    "Bo Diddley_1234568_assignsubmission_file/toy (1).py": WRONG,
    "Zoë Müller_1234569_assignsubmission_file/hw.zip": zipped({"toy.py": toy.RIGHT}),
    "Zoë Müller_1234569_assignsubmission_onlinetext/onlinetext.html": "<p>hello</p>",
    "Ian Stranger_1234570_assignsubmission_file/toy.py": toy.RIGHT,
}
METADATA = """\
---
submission_1111:
  :submitters:
  - :name: Ada Lovelace
    :sid: '001'
    :email: ada@example.org
  :created_at: 2026-11-20 21:00:00.123456789 Z
  :score: 0.0
submission_1112:
  :submitters:
  - :name: Bo Diddley
    :sid:
    :email: bo@example.org
  - :name: Zoë Müller
    :sid:
    :email: zoe@example.org
  :created_at: 2026-11-21 08:00:00.000000000 Z
submission_1113:
  :submitters:
  - :name: Ian Stranger
    :sid: '999'
    :email: ian@example.org
  :created_at: 2026-11-20 21:00:00 Z
"""
GRADESCOPE: dict[str, str | bytes] = {
    "assignment_77_export/submission_metadata.yml": METADATA,
    "assignment_77_export/submission_1111/toy.py": toy.RIGHT,
    "assignment_77_export/submission_1112/toy.py": WRONG,
    "assignment_77_export/submission_1113/toy.py": toy.RIGHT,
}
BRIGHTSPACE: dict[str, str | bytes] = {
    "index.html": "<table></table>",
    "501-77 - Ada Lovelace - Nov 20, 2026 1159 PM/toy.py": toy.RIGHT,
    "502-77 - Bo Diddley - Nov 19, 2026 843 AM/toy.py": toy.RIGHT,
    # Submitted again: Brightspace has a folder for each submission.
    "502-77 - Bo Diddley - Nov 20, 2026 301 PM/toy.py": WRONG,
    "503-77 - Zoë Müller - Nov 20, 2026 1201 AM/toy.py": toy.RIGHT,
    "504-77 - Ian Stranger - Nov 20, 2026 1201 AM/toy.py": toy.RIGHT,
}
NBGRADER: dict[str, str | bytes] = {
    "submitted/ada/toy/toy.py": toy.RIGHT,
    "submitted/ada/toy/timestamp.txt": "2026-11-20 21:00:00.000000 UTC",
    "submitted/bo/toy/toy.py": WRONG,
    "submitted/bo/toy/timestamp.txt": "2026-11-20 22:30:00 Europe/Berlin",
    "submitted/zoe/toy/toy.py": toy.RIGHT,
    "submitted/ian/toy/toy.py": toy.RIGHT,
}
