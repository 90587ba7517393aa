"""Real kernels, driven as a front end drives them: cells with ids, interrupts, and the end."""

from __future__ import annotations

import json
import os
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

SECONDS = 300
"""Longer than any cell takes on a busy machine."""


@dataclass
class Said:
    """What a cell showed."""

    result: str = ""
    html: str = ""
    printed: str = ""
    errors: list[str] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    """Displayed outputs and their updates, in order."""

    @property
    def first_line(self) -> str:
        """The first paragraph: `nbgrader validate` cuts long lines, so it has line breaks."""
        return self.result.split("\n\n")[0].replace("\n", " ")


class Kernel:
    """A kernel in a folder, and its client."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env={**kept, **(environment or {})})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def send(self, source: str, cell: str | None = None) -> str:
        """Run a cell, with its id as JupyterLab sends it; returns the request's id."""
        content = {"code": textwrap.dedent(source), "silent": False, "store_history": True, "allow_stdin": False}
        request = self.client.session.msg("execute_request", {**content, "user_expressions": {}, "stop_on_error": True})
        request["metadata"] |= {"cellId": cell} if cell else {}
        self.client.shell_channel.send(request)
        return request["header"]["msg_id"]

    def run(self, source: str, cell: str | None = None) -> Said:
        """Run a cell and wait for its end."""
        return self.wait(self.send(source, cell))

    def wait(self, request: str) -> Said:
        said = Said()
        while True:
            message = self.client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            content: Any = message["content"]
            match message["msg_type"]:
                case "execute_result":
                    said.result, said.html = content["data"]["text/plain"], content["data"].get("text/html", "")
                case "display_data" | "update_display_data":
                    said.shown.append(content["data"])
                case "stream":
                    said.printed += content["text"]
                case "error":
                    said.errors += [f"{content['ename']}: {content['evalue']}", *content["traceback"]]
                case "status" if content["execution_state"] == "idle":
                    return said
                case _:
                    pass

    def number(self, source: str) -> int:
        """The number that a cell prints."""
        return int(self.run(f"print({source})").printed)


@contextmanager
def kernel(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Kernel]:
    """A kernel that ends with the block, whatever the test has done to it."""
    started = Kernel(folder, environment)
    try:
        yield started
    finally:
        started.client.stop_channels()
        started.manager.shutdown_kernel(now=not started.manager.is_alive())
        started.manager.cleanup_resources()


def save(path: Path, *cells: str, tags: Mapping[int, str] | None = None) -> Path:
    """A notebook of these code cells; `tags` by the cell's number, from 0."""
    import nbformat.v4 as v4

    made = [v4.new_code_cell(textwrap.dedent(source).strip()) for source in cells]
    for number, tag in (tags or {}).items():
        made[number].metadata["tags"] = [tag]
    path.write_text(json.dumps(v4.new_notebook(cells=made)), encoding="utf-8")
    return path


def wait_until(holds: Any) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
