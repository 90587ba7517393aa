"""Call `otter run` for each named file, in one process: `python -m tests.formats.otter_run ZIP FILE…`

Prints a JSON object: for each file, what otter found and wrote or the exception that it raised; finally, the table that
`otter grade` makes from them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from otter.grade.utils import merge_scores_to_df
from otter.run import capture_run_output, main


def _one(packed: str, file: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "results.json"
        try:
            # According to otter's annotation, this is an iterable.
            with cast(Any, capture_run_output)() as printed:
                results = main(file, autograder=packed, output_dir=folder, no_logo=True)
        except Exception as problem:  # noqa: BLE001 - what otter ends with is what the test looks at
            said = f"{type(problem).__name__}: {problem}"
            return {"raised": said, "wrote": written.exists(), "results": None}
        results.file = file
        return {
            "total": results.total,
            "possible": results.possible,
            "json": json.loads(written.read_text()),
            "printed": printed.getvalue(),
            "results": results,
        }


if __name__ == "__main__":
    found = {file: _one(sys.argv[1], file) for file in sys.argv[2:]}
    graded = [each["results"] for each in found.values() if each["results"] is not None]
    told = {file: {key: value for key, value in each.items() if key != "results"} for file, each in found.items()}
    print(json.dumps({"files": told, "table": merge_scores_to_df(graded).to_csv(index=False) if graded else ""}))
