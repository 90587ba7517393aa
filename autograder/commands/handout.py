"""`autograder handout`: the student release, as a folder or a zip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.commands.options import Config, Json, governing_policy, out, print_json
from autograder.errors import UsageError
from autograder.release import bundle
from autograder.release import handout as release
from autograder.results.files import write_whole


def handout(
    place: Annotated[Path, typer.Argument(metavar="DIR|ZIP", help="A new folder, or a file that ends in .zip.")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the student release: all exercises of the course with their visible checks, and the grader.

    Solutions, hidden checks, known mistakes and tests are left out.
    """
    zipped = place.suffix.lower() == ".zip"
    if place.exists() and (not place.is_dir() or zipped or any(place.iterdir())):
        raise UsageError(f"{place} already exists: name a new folder or file, or remove it first")
    policy = governing_policy(config)
    files = release.files(policy)
    if zipped:
        write_whole(place, bundle.archive({f"{place.stem}/{name}": content for name, content in files.items()}))
        place.chmod(0o644)
    else:
        bundle.write(files, place)
    if as_json:
        print_json({"written": str(place), "files": sorted(files), "exercises": list(policy.exercises)})
        return
    out.print(Text(f"{place}  written: {len(policy.exercises)} exercises, {len(files)} files"), soft_wrap=True)
    out.print(Text("Students install it there: pip install '.[torch]'"), soft_wrap=True)
