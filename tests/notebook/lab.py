"""JupyterLab in a real browser: a server on a free port, Debian's Chromium, and what a student does."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests import debian
from tests.notebook.kernels import wait_until

WAIT = 240_000
"""Milliseconds: longer than anything takes on a busy machine."""

KERNEL_IDLE = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = context?.isReady ? context.session?.kernel : null;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


def chromium() -> str:
    """The path of Chromium; as root on Debian, the package is installed where it is missing."""
    if not shutil.which("chromium"):
        debian.install("chromium")
    found = shutil.which("chromium")
    assert found, "Chromium is not installed: apt-get install chromium"
    return found


@contextmanager
def server(folder: Path, theme: str = "Light") -> Iterator[str]:
    """JupyterLab in this folder, with settings of its own; yields its address, with a place for a file's path.

    `theme` is Light or Dark.
    """
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as private:
        homes = (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
            "JUPYTERLAB_SETTINGS_DIR",
        )
        environment = {**os.environ, **{name: str(Path(private, name)) for name in homes}}
        log = Path(private, "log")
        settings = Path(environment["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab/apputils-extension")
        settings.mkdir(parents=True)
        (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": f"JupyterLab {theme}"}))
        # Otherwise it asks whether it may fetch news, in front of the notebook.
        (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
        options = {
            "ServerApp.port": 0,
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": folder,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": token,
            "LabApp.expose_app_in_browser": True,
        }
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            assert wait_until(lambda: process.poll() is not None or _address(log)), log.read_text()
            address = _address(log)
            assert address, log.read_text()
            assert wait_until(lambda: _answers(f"{address}api?token={token}")), log.read_text()
            yield f"{address}lab/tree/{{}}?token={token}"
        finally:
            # Twice, as Ctrl-C in a terminal: the server asks at the first one. It ends its kernels.
            for _ in range(2):
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            process.wait(60)


def _address(log: Path) -> str:
    found = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/", log.read_text())
    return found[0] if found else ""


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window. As root it has no sandbox of its own; it shows nothing but our own server."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()


class Lab:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, address: str, file: Path) -> None:
        self.page = page
        self._file = file
        page.set_default_timeout(WAIT)
        page.goto(address.format(file.name))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # JupyterLab ignores what is run before the kernel is connected.
        page.wait_for_function(KERNEL_IDLE)

    def cell(self, containing: str) -> Locator:
        """The code cell with this text."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".cm-content", has_text=re.compile(re.escape(containing)))
        )

    def type(self, containing: str, source: str) -> None:
        """Replace the source of a cell."""
        editor = self.cell(containing).first.locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def save(self) -> None:
        """Save, and wait for it."""
        before = self._file.stat().st_mtime_ns
        self.page.keyboard.press("Control+S")
        assert wait_until(lambda: self._file.stat().st_mtime_ns != before)

    def run(self, containing: str) -> Locator:
        """Run a cell and wait until it has ended; returns its output area."""
        cell = self.cell(containing).first
        cell.locator(".cm-content").click()
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.page.keyboard.press("Control+Enter")
        assert wait_until(lambda: re.fullmatch(r"\[\d+\]:", now := prompt.inner_text()) and now != before)
        return cell.locator(".jp-OutputArea")
