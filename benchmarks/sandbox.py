"""Measure the sandbox's cost for a worker: `python -m benchmarks.sandbox` writes `docs/sandbox.md`.

A child process applies each layer and reports the wall-clock and the CPU time that it took. Workers are started with
and without all layers. On a busy machine, only the CPU time is meaningful.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from autograder.execution.environment import readable
from autograder.execution.zygote_client import Zygotes
from autograder.results.files import write_whole
from autograder.worker import sandbox
from autograder.worker.names import FrameworkName
from autograder.worker.sandbox import LAYERS, Cage, Layer
from autograder.worker.sandbox.limits import Limits
from autograder.worker.sandbox.namespaces import build_view
from autograder.worker.sandbox.probing import probe
from benchmarks.measure import start_times
from tests.catalogue import FRAMEWORKS, ROOT

TARGET = ROOT / "docs" / "sandbox.md"
BOUND = 30.0
"""Milliseconds for the whole sandbox, median."""
IN_A_ROW = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=60)
    asked = parser.parse_args()
    sandbox.preload()
    view = build_view(readable())
    holding = probe(view)
    layers: dict[str, list[tuple[float, float]]] = {
        layer: laid((layer,), view, asked.times) for layer in LAYERS if layer in holding
    }
    layers["all layers"] = laid(holding, view, asked.times)
    starts: dict[FrameworkName, tuple[list[float], list[float]]] = {
        framework: starting(framework, asked.times) for framework in FRAMEWORKS
    }
    write_whole(TARGET, page(layers, starts).encode())
    TARGET.chmod(0o644)
    print(TARGET.read_text(encoding="utf-8"))
    return 0 if statistics.median(cpu for _, cpu in layers["all layers"]) < BOUND else 1


def laid(layers: tuple[Layer, ...], view: int, times: int) -> list[tuple[float, float]]:
    """Wall-clock and CPU milliseconds that the layers take in each of the given number of children."""
    with tempfile.TemporaryDirectory() as folder:
        cage = Cage(Limits(1500, 64, 600), layers, folder, (str(ROOT / "shared"),), 61184, view=view)
        return [_in_a_child(lambda: sandbox.apply(cage)) for _ in range(times)]


def starting(framework: FrameworkName, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the request for a worker until its file is loaded: with this machine's layers, and with none.

    Both kinds alternate, so that other load on the machine slows both.
    """
    sandboxed: list[float] = []
    bare: list[float] = []
    with Zygotes() as zygotes:
        zygote = zygotes.of(framework)
        if zygote is None:
            return sandboxed, bare
        holding = zygote.layers
        for _ in range(0, times, IN_A_ROW):
            for layers, taken in ((holding, sandboxed), ((), bare)):
                zygote.layers = layers
                taken += [1e3 * seconds for seconds in start_times(zygotes, framework, IN_A_ROW)]
    return sandboxed, bare


def page(
    layers: dict[str, list[tuple[float, float]]], starts: dict[FrameworkName, tuple[list[float], list[float]]]
) -> str:
    lines = [
        "# The cost of the sandbox",
        "",
        f"Made by `python -m benchmarks.sandbox` on {datetime.now(UTC):%Y-%m-%d} as uid {os.geteuid()}: {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
        "",
        f"Milliseconds that each layer takes. The limit for all layers together is a median of {BOUND:g}.",
        "",
        "| layer | time | median | 90th percentile | n |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {what} | {_figures([each[number] for each in times])} |"
            for name, times in layers.items()
            for number, what in enumerate(("wall clock", "CPU"))
        ),
        "",
        "Milliseconds from the request for a worker until its file is loaded:",
        "",
        "| framework | sandbox | median | 90th percentile | n |",
        "|---|---|---|---|---|",
    ]
    for framework, (sandboxed, bare) in starts.items():
        lines += [f"| {framework} | with | {_figures(sandboxed)} |", f"| {framework} | without | {_figures(bare)} |"]
    return "\n".join(lines) + "\n"


def _figures(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} | {statistics.quantiles(times, n=10)[-1]:.1f} | {len(times)}"


def _in_a_child(do: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU milliseconds that it takes in a forked child."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            clock, cpu = time.perf_counter(), time.process_time()
            do()
            spent = time.perf_counter() - clock, time.process_time() - cpu
            os.write(writer, " ".join(str(1e3 * each) for each in spent).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as said:  # noqa: PTH123 - a descriptor
        clock, cpu = map(float, said.read().split())
    os.waitpid(child, 0)
    return clock, cpu


if __name__ == "__main__":
    raise SystemExit(main())
