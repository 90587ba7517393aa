"""PyTorch on a real GPU: the first one of CUDA or ROCm, otherwise Apple's.

The device itself rejects operations across devices. This module records silent problems: gradients computed on the CPU,
an optimiser whose state or parameters are there, and a device that is not used.
"""

# PyTorch's stubs leave much unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from autograder.worker.frameworks.devices import KEPT, Finding, Source
from autograder.worker.frameworks.torch_optimizers import move_states

MEGABYTE = 1 << 20
_COPIES = {"aten::_to_copy", "aten::copy_"}
_READS_A_NUMBER = "aten::_local_scalar_dense"
_NO_WORK = {
    "aten::detach", "aten::alias", "aten::view", "aten::_unsafe_view", "aten::clone", "aten::expand", "aten::t",
    "aten::transpose", "aten::select", "aten::slice", "aten::unsqueeze", "aten::squeeze", "aten::empty",
    "aten::empty_like",
    "aten::zero_", "aten::fill_", "aten::zeros_like", "aten::ones_like", "aten::add", "aten::add_", "aten::lift_fresh",
}  # fmt: skip
"""Operations needed to create, view and move tensors, and to add up gradients from two branches."""


class RealGPU:
    """Records on which device operations run."""

    def __init__(self, source: Source, memory_mb: int) -> None:
        self._here = source.here
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._mode = _Record(self)
        self._entered = False
        self.name = _name()
        if not self.name:
            return
        self._device = torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("mps")
        if self._device.type == "cuda":
            whole = torch.cuda.get_device_properties(0).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mb * MEGABYTE / whole))
        # The driver allocates its own memory now, so that it does not count as the student's.
        torch.zeros(1, device=self._device).add_(1).item()
        register_optimizer_step_post_hook(self._stepped)

    @contextmanager
    def scope(self) -> Generator[None]:
        """Record operations, including those of backward passes. Nested scopes count as one."""
        outer = not self._entered
        self._entered = True
        try:
            with self._mode if outer else nullcontext():
                yield
        finally:
            self._entered = not outer

    def place(self, value: Any) -> Any:
        """Move a module in place, or copy a tensor; MPS raises for float64, which it does not support."""
        placed = value.to(self._device)
        if isinstance(value, nn.Module):
            move_states(value)
        return placed

    def left_behind(self, model: Any) -> list[Finding]:
        """Parameters and buffers on the CPU."""
        if not isinstance(model, nn.Module):
            return []
        named = [*model.named_parameters(), *model.named_buffers()]
        fix = "All parameters and buffers of a model must be on the GPU after the model has been moved there."
        return [
            Finding("left_behind", f"`{name}` on the CPU", fix) for name, value in named if value.device.type == "cpu"
        ]

    def findings(self) -> list[Finding]:
        """Return and clear the findings."""
        findings, self._findings = self._findings, []
        return findings

    def counts(self) -> dict[str, int]:
        """Return and reset the counts. `bytes` is the allocator's peak; for MPS, the current memory."""
        counts = {name: self._counts[name] for name in ("work", "copies", "scalars")}
        self._counts.clear()
        if self._device.type == "cuda":
            held = torch.cuda.max_memory_allocated()
            torch.cuda.reset_peak_memory_stats()
        else:
            held = torch.mps.current_allocated_memory()
        return {**counts, "bytes": int(held)}

    def provoke(self, sides: tuple[int, int]) -> None:
        """Do nothing: only a pretended device must prove that it still detects mistakes."""

    def ran(self, op: str, given: list[Tensor], made: list[Tensor]) -> None:
        """Record an operation."""
        there = any(tensor.device.type != "cpu" for tensor in given)
        if op in _COPIES:
            if there and any(tensor.device.type == "cpu" and tensor.dim() for tensor in made):
                self._counts["copies"] += 1
        elif op == _READS_A_NUMBER:
            self._counts["scalars"] += there
        elif op not in _NO_WORK:
            if there or any(tensor.device.type != "cpu" for tensor in made):
                self._counts["work"] += 1
            elif _in_backward() and any(tensor.dim() for tensor in given):
                self._find(
                    "worked_on_cpu", f"gradients computed on the CPU, in `{op.removeprefix('aten::')}`", _WORK_THERE
                )

    def _stepped(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for group in optimizer.param_groups:
            for parameter in cast(list[Tensor], group["params"]):
                if parameter.device.type == "cpu" and parameter.grad is not None:
                    self._find(
                        "worked_on_cpu", f"a step of {type(optimizer).__name__} on parameters on the CPU", _WORK_THERE
                    )
                    return
                for name, kept in optimizer.state.get(parameter, {}).items():
                    # Optimisers keep their step count, a scalar, on the CPU.
                    if isinstance(kept, Tensor) and kept.dim() and kept.device != parameter.device:
                        saw = f"`{name}` of {type(optimizer).__name__} on the CPU, for a parameter on the GPU"
                        self._find("worked_on_cpu", saw, "Create the optimiser after moving the model.")
                        return

    def _find(self, kind: str, saw: str, fix: str) -> None:
        if len(self._findings) < KEPT:
            self._findings.append(Finding(kind, saw, fix, *self._here()))


_WORK_THERE = (
    "Do the work on the device of the model's parameters: `device = next(model.parameters()).device`, "
    "and never call `.cpu()` on the model."
)


class _Record(TorchDispatchMode):
    """Intercepts each operation below autograd."""

    def __init__(self, gpu: RealGPU) -> None:
        super().__init__()
        self._gpu = gpu

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        outputs = func(*args, **(kwargs or {}))
        self._gpu.ran(func._schema.name, _tensors((args, kwargs)), _tensors(outputs))
        return outputs


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def _in_backward() -> bool:
    return torch._C._current_graph_task_id() != -1


def _name() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return "MPS" if torch.backends.mps.is_available() else ""
