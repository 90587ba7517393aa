"""Files of an exercise that a script writes: they are read without the source that the script needs."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from autograder.errors import UsageError

Form = TypeVar("Form")


def read_generated(path: Path, form: TypeAdapter[Form], command: str) -> Form | None:
    """The content of the YAML file that `command` writes; `None` if it is missing. Raises `UsageError` if malformed."""
    if not path.is_file():
        return None
    try:
        return form.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as problem:
        raise UsageError(f"{path} is not what `{command}` writes: {problem}") from None
