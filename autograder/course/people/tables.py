"""CSV files that people write: read with the line of each row, and extended by one row at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.course.yaml_places import read_text


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells by column, and its place for error messages."""

    cells: dict[str, str]
    file: Path
    line: int

    @property
    def place(self) -> str:
        """The place as error messages start with it: `roster.csv, line 3`."""
        return f"{self.file}, line {self.line}"

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read(path: Path) -> tuple[list[str], list[Row]]:
    """The columns and the rows of a CSV file; cells are stripped, and empty rows are left out.

    The separator is a comma, a semicolon or a tab: spreadsheets of some countries write semicolons. Raises
    `UsageError` if the file cannot be read or is not UTF-8.
    """
    text = read_text(path, path)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    head = [name.strip() for name in next(lines, list[str]())]
    rows: list[Row] = []
    for cells in lines:
        if any(cell.strip() for cell in cells):
            rows.append(
                Row({name: cell.strip() for name, cell in zip(head, cells, strict=False)}, path, lines.line_num)
            )
    return head, rows


def append(path: Path, cells: Mapping[str, str]) -> None:
    """Add a row to the end of a file, which is created with these columns if it does not exist.

    Earlier rows are never rewritten, so that two people can add rows at the same time. A file that a spreadsheet has
    saved keeps its separator and the order of its columns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), path.open("xb") as new:
        new.write(_encoded(list(cells), ","))
    text = read_text(path, path)
    columns, _ = read(path)
    # A file that was edited by hand may lack its last line break.
    gap = b"" if text.endswith(("\n", "\r")) else b"\n"
    with path.open("ab") as file:
        file.write(gap + _encoded([cells.get(column, "") for column in columns], _separator(text)))


def _encoded(cells: Sequence[str], separator: str) -> bytes:
    buffer = io.StringIO(newline="")
    # A line break in a cell would be read as one, but not by every spreadsheet.
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerow([" ".join(cell.split()) for cell in cells])
    return buffer.getvalue().encode(errors="backslashreplace")


def _separator(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)
