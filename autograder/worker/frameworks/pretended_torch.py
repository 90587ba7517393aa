"""PyTorch on a pretended GPU.

Every tensor stays an ordinary tensor in main memory, computed by CPU kernels, so the values are those of a run on the
CPU. In addition, each storage has a label, `cuda:0` or none, and CUDA's rules are applied to the labels:

- a dispatch mode intercepts each operation, including those of the backward pass and inside an LSTM; it rejects the
  combinations of devices that CUDA rejects, and labels the outputs;
- functions that name a device (`torch.zeros(…, device=…)`, `.to`, `.cuda`, `.cpu`, `.device`, `torch.cuda.is_available`
  …) are replaced by versions that use the label.

A tensor that C++ creates inside an operation (`one_hot`, `pad_sequence`) has no label yet: it takes the label of the
first tensor that it is combined with.

This is one module of over 400 lines because all parts share the labels, and each replaces functions that the others
call.
"""

# PyTorch's stubs are incomplete, and most of the replaced functions have no types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false, reportPrivateUsage=false
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import functools
import os
import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Literal, NoReturn, cast

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.parameter import UninitializedTensorMixin, is_lazy
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext, _device_constructors
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.worker.frameworks.devices import KEPT, Finding, Source
from autograder.worker.frameworks.torch_optimizers import move_states

DEVICE = torch.device("cuda", 0)
CPU = torch.device("cpu")
VISIBLE = "CUDA_VISIBLE_DEVICES"
PURGE_EVERY = 4096
"""Number of labelled storages between two removals of dead entries."""

Label = Literal["gpu", "cpu", "any"]
"""`any`: created by C++ inside an operation; it takes the label of the first tensor that it is combined with."""

_LAZY = "_pretended_label"
"""The attribute with the label of a lazy parameter, which has no storage yet."""

aten = torch.ops.aten
_COPIES = {aten.copy_.default, aten.copy.default, aten._foreach_copy_.default}
_INDEXING = {
    aten.index.Tensor,
    aten._unsafe_index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}
_PACK = aten._pack_padded_sequence.default
_READS_A_NUMBER = aten._local_scalar_dense.default
_NO_WORK = {
    "aten::detach", "aten::detach_", "aten::alias", "aten::view", "aten::clone", "aten::_to_copy", "aten::copy_",
    "aten::expand",
    "aten::t", "aten::transpose", "aten::add", "aten::add_", "aten::zeros_like", "aten::ones_like", "aten::zero_",
    "aten::fill_",
    "aten::lift_fresh", "aten::empty_like", "aten::_unsafe_view", "aten::slice", "aten::select",
    "aten::unsqueeze", "aten::squeeze",
}  # fmt: skip
"""Operations of a copy to the host and back: gradients pass through these on the CPU without being computed there."""

_MAKERS = frozenset({"as_tensor", "asarray", "tensor"})
"""Functions that create a tensor from data that may be a tensor on a device: the new tensor is on the same device."""


class PretendedGPU:
    """The labels of all storages, CUDA's rules, and the findings."""

    name = "a pretended GPU"

    def __init__(self, source: Source) -> None:
        self._here = source.here
        self._visible_at_start = os.environ.get(VISIBLE)
        self._labels: dict[int, tuple[StorageWeakRef, Label]] = {}
        self._made: dict[int, tuple[StorageWeakRef, str]] = {}
        self._copied: dict[int, tuple[StorageWeakRef, str]] = {}
        self._generators: dict[int, torch.Generator] = {}
        self._models: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._in_backward = 0
        self._in_maker = 0
        self._left_graph: tuple[str, str, str] | None = None
        self._cpu_graph: tuple[str, str, str] | None = None
        self._mode = _Rules(self)
        _Replacements(self).install()

    @contextmanager
    def scope(self) -> Generator[None]:
        """Intercept the operations of this thread. Nested scopes count as one."""
        with self._mode if not self._mode.entered else nullcontext():
            yield

    def place(self, value: Any) -> Any:
        """`.to("cuda")`."""
        if isinstance(value, nn.Module):
            if not torch.cuda.is_available():
                self._hidden()
            self._models.add(value)
            value.to(DEVICE)
            move_states(value)
            return value
        if isinstance(value, Tensor):
            return value.detach().to(DEVICE)
        return value

    def left_behind(self, model: Any) -> list[Finding]:
        """Parameters and buffers on the CPU."""
        if not isinstance(model, nn.Module):
            return []
        named = [("parameter", *each) for each in model.named_parameters()]
        named += [("buffer", *each) for each in model.named_buffers()]
        return [
            Finding(
                "left_behind",
                f"the {what} `{name}`, of shape {tuple(tensor.shape)}, on the CPU",
                "Training must not move the model off the device of its parameters. If you build a model yourself, "
                "move it to the GPU, if there is one, before you create its optimiser.",
                *self._at(self._made_at(tensor)),
            )
            for what, name, tensor in named
            if self.label(tensor) != "gpu"
        ]

    def findings(self) -> list[Finding]:
        """Return and clear the findings."""
        findings, self._findings = self._findings, []
        return findings

    def counts(self) -> dict[str, int]:
        """Return and reset the counts."""
        counts = {name: self._counts[name] for name in ("work", "copies", "scalars")}
        self._counts.clear()
        self._left_graph = self._cpu_graph = None
        return counts

    def provoke(self, sides: tuple[int, int]) -> None:
        """Add a tensor on the CPU to one on the device."""
        try:
            torch.ones(sides).add(torch.ones(sides, device=DEVICE))
        except RuntimeError:
            return

    # Labels.

    def label(self, tensor: Tensor) -> Label:
        """The label of a tensor."""
        key = _storage_of(tensor)
        if key is None:
            return getattr(tensor, _LAZY, "cpu")
        entry = self._labels.get(key)
        return entry[1] if entry else "cpu"

    def on_device(self, tensor: Tensor) -> bool:
        """Whether a tensor is on the GPU."""
        return self.label(tensor) == "gpu"

    def mark(self, tensor: Tensor, label: Label) -> None:
        """Label a tensor's storage, and thereby all its views."""
        key = _storage_of(tensor)
        if key is None:
            return
        if label == "cpu":
            self._labels.pop(key, None)
        else:
            self._labels[key] = (StorageWeakRef(_inner(tensor).untyped_storage()), label)
            if len(self._labels) % PURGE_EVERY == 0:
                _purge(self._labels)

    def move(self, tensor: Tensor, to: Label, dtype: torch.dtype | None = None) -> Tensor:
        """A copy with the other label, through which gradients flow back."""
        if is_lazy(tensor):
            setattr(tensor, _LAZY, to)
            return tensor if dtype is None else _original_to(tensor, dtype)
        if to == "cpu":
            self._counts["scalars" if tensor.dim() == 0 else "copies"] += 1
            if tensor.dim() and tensor.requires_grad and torch.is_grad_enabled() and not tensor.is_leaf:
                self._left_graph = self._left_graph or (*self._here(), f"a tensor of shape {tuple(tensor.shape)}")
        else:
            self._remember(self._copied, tensor)
        moved: Tensor = cast(Any, _Move).apply(tensor, self, to)
        return moved if dtype is None or dtype == moved.dtype else _original_to(moved, dtype)

    # Called by the rules and the replacements.

    def made(self, tensor: Tensor) -> None:
        """Record that the student's line has created a tensor on the CPU."""
        self._remember(self._made, tensor)

    def refuse(self, error: type[Exception], message: str, saw: str, fix: str) -> NoReturn:
        """Record a finding and raise CUDA's exception."""
        self._find("refused", saw, fix, *self._here())
        raise error(message)

    def mixed(self, op: str, cpu: Tensor) -> NoReturn:
        """Record a CPU tensor in an operation on the device, and raise CUDA's exception."""
        what, fix = self._whose(cpu)
        line = self._made_at(cpu)
        where, code = self._here()
        origin = f", created in {line.partition('|')[0]}" if line and line.partition("|")[0] != where else ""
        saw = f"{what} of shape {tuple(cpu.shape)}, on the CPU{origin}, is combined with a tensor on the GPU in `{op}`"
        self._find("refused", saw, fix, where, code)
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
            f"({what} of shape {tuple(cpu.shape)} is on the CPU{origin})"
        )

    @contextmanager
    def backward(self) -> Generator[None]:
        """A backward pass is running inside this context."""
        self._in_backward += 1
        try:
            yield
        finally:
            self._in_backward -= 1

    @contextmanager
    def maker(self) -> Generator[None]:
        """A replaced function creates a tensor inside this context, and labels it itself."""
        self._in_maker += 1
        try:
            yield
        finally:
            self._in_maker -= 1

    def ran(self, func: Any, labels: set[Label], tensors: list[Tensor]) -> None:
        """Count an operation, and record whether gradients are computed on the CPU."""
        name = func._schema.name
        if "gpu" in labels:
            if name == "aten::_local_scalar_dense":
                self._counts["scalars"] += 1
            elif name not in _NO_WORK:
                self._counts["work"] += 1
            return
        if labels != {"cpu"} or name in _NO_WORK or not any(tensor.dim() for tensor in tensors):
            return
        if self._in_backward:
            self._counts["cpu_backward"] += 1
            if self._counts["cpu_backward"] == 1:
                self._worked_on_cpu(name.removeprefix("aten::"))
        elif not self._cpu_graph and torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
            self._cpu_graph = (*self._here(), f"`{name.removeprefix('aten::')}`")

    @property
    def making(self) -> bool:
        """Whether a replaced function is creating a tensor."""
        return self._in_maker > 0

    # Findings.

    def _worked_on_cpu(self, op: str) -> None:
        if self._left_graph:
            where, code, what = self._left_graph
            saw = f"{what} was moved to the CPU in the middle of a training step, and gradients were computed there"
            fix = (
                "Keep outputs, targets and loss on the device of the model; "
                "move only what you print or plot to the CPU."
            )
        else:
            where, code, what = self._cpu_graph or (*self._here(), f"`{op}`")
            saw = f"gradients were computed on the CPU; the forward pass there starts with {what}"
            fix = (
                "Do the work on the device of the model's parameters: "
                "`device = next(model.parameters()).device`, and never call `.cpu()` on the model. "
                'A function that builds its own model uses `"cuda" if torch.cuda.is_available() else "cpu"`.'
            )
        self._find("worked_on_cpu", saw, fix, where, code)

    def _hidden(self) -> None:
        if os.environ.get(VISIBLE) != self._visible_at_start:
            self._find(
                "hidden",
                f"your file sets {VISIBLE} to {os.environ.get(VISIBLE)!r}, which hides the GPU",
                f"Leave {VISIBLE} alone.",
                "",
                "",
            )

    def _whose(self, cpu: Tensor) -> tuple[str, str]:
        """How to name a tensor on the wrong device to the student, and the remedy."""
        key = _storage_of(cpu)
        for model in list(self._models):
            for module in model.modules():
                kind = type(module).__name__
                for name, value in vars(module).items():
                    if name.startswith("_") and name in _OF_MODULES:
                        continue
                    if isinstance(value, Tensor) and _storage_of(value) == key:
                        fix = (
                            f'A plain attribute stays behind when the model moves: `self.register_buffer("{name}", …)`.'
                        )
                        return f"the attribute `{name}` of {kind}", fix
                    for other in _modules_in(value):
                        if any(_storage_of(each) == key for each in other.parameters()):
                            fix = (
                                f"Layers in a plain list do not move with the model: make `{name}` an `nn.ModuleList`."
                            )
                            return f"a weight of `{name}`, a {type(value).__name__} of layers in {kind}", fix
        if isinstance(cpu, nn.Parameter):
            return (
                "a parameter",
                "Move the model to the device too: `model.to(device)`; "
                "register layers as attributes or in an `nn.ModuleList`.",
            )
        if key in self._copied:
            return (
                "a tensor",
                "`x.to(device)` does not change `x`: it returns a copy on the device. Write `x = x.to(device)`.",
            )
        return "a tensor", (
            "Create it where the model is, or move it there: `device=x.device`, `torch.zeros_like(x)`, "
            "`.to(x.device)`, or with `next(model.parameters()).device` if there is no x."
        )

    def _find(self, kind: str, saw: str, fix: str, where: str, code: str) -> None:
        if len(self._findings) < KEPT:
            self._findings.append(Finding(kind, saw, fix, where, code))

    def _remember(self, book: dict[int, tuple[StorageWeakRef, str]], tensor: Tensor) -> None:
        where, code = self._here()
        key = _storage_of(tensor)
        if where and key is not None:
            book[key] = (StorageWeakRef(_inner(tensor).untyped_storage()), f"{where}|{code}")
            if len(book) % PURGE_EVERY == 0:
                _purge(book)

    def _made_at(self, tensor: Tensor) -> str:
        key = _storage_of(tensor)
        entry = None if key is None else self._made.get(key)
        return entry[1] if entry else ""

    def _at(self, line: str) -> tuple[str, str]:
        where, _, code = line.partition("|")
        return where, code

    # Generators.

    def check_generator(self, generator: Any, label: Label) -> None:
        """Raise, as CUDA does, for a generator of another device."""
        if generator is None or label == "any":
            return
        has = "cuda" if generator._cdata in self._generators else "cpu"
        wants = "cuda" if label == "gpu" else "cpu"
        named = {"cuda": "GPU", "cpu": "CPU"}
        if has != wants:
            self.refuse(
                RuntimeError,
                f"Expected a '{wants}' device type for generator but found '{has}'",
                f"a generator of the {named[has]} was used to draw on the {named[wants]}",
                "Create the generator for the device on which it draws: "
                "`torch.Generator(device=device).manual_seed(seed)`; or draw on the CPU and move the result.",
            )


class _Rules(TorchDispatchMode):
    """Intercepts each operation below autograd."""

    def __init__(self, gpu: PretendedGPU) -> None:
        super().__init__()
        self._gpu = gpu
        self.entered = 0

    def __enter__(self) -> _Rules:
        self.entered += 1
        return super().__enter__()

    def __exit__(self, *problem: Any) -> None:
        self.entered -= 1
        super().__exit__(*problem)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        gpu, kwargs = self._gpu, kwargs or {}
        tensors = list(_tensors((args, kwargs)))
        labels: list[Label] = [gpu.label(tensor) for tensor in tensors]
        on_gpu = "gpu" in labels
        if on_gpu and ("cpu" in labels or func is _PACK):
            self._check(func, args, tensors, labels)
        generator = kwargs.get("generator")
        if generator is not None and tensors and not gpu.making:
            gpu.check_generator(generator, "gpu" if on_gpu else "cpu")
        outputs = func(*args, **kwargs)
        kinds: set[Label] = set(labels)
        if on_gpu:
            given = {_storage_of(tensor) for tensor in tensors}
            if "any" in kinds:
                for tensor, label in zip(tensors, labels, strict=True):
                    if label == "any":
                        gpu.mark(tensor, "gpu")
            # The batch sizes of a packed sequence stay on the host, as on CUDA.
            new = _tensors(outputs[0] if func is _PACK else outputs)
            for tensor in new:
                if _storage_of(tensor) not in given:
                    gpu.mark(tensor, "gpu")
        elif kinds <= {"any"} and not gpu.making:
            for tensor in _tensors(outputs):
                if gpu.label(tensor) == "cpu":
                    gpu.mark(tensor, "any")
        gpu.ran(func, kinds, tensors)
        return outputs

    def _check(self, func: Any, args: Sequence[Any], tensors: list[Tensor], labels: list[Label]) -> None:
        """Apply CUDA's rules: 0-d tensors and indices may be on the CPU, unless the operation writes to them."""
        gpu = self._gpu
        if func in _COPIES:
            return
        name = func._schema.name.removeprefix("aten::").strip("_")
        if func is _PACK:
            if gpu.on_device(args[0]) and not gpu.on_device(args[1]):
                return
            gpu.refuse(
                RuntimeError,
                "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor",
                "the lengths of a packed sequence are on the GPU",
                "`pack_padded_sequence` needs its lengths on the CPU: `lengths.cpu()`.",
            )
        if func in _INDEXING:
            values = args[2] if len(args) > 2 else None
            if gpu.on_device(args[0]):
                if isinstance(values, Tensor) and values.dim() and gpu.label(values) == "cpu":
                    gpu.mixed(name, values)
                return
            gpu.mixed(name, args[0])
        written = {
            id(tensor)
            for argument, value in zip(func._schema.arguments, args, strict=False)
            if argument.alias_info is not None and argument.alias_info.is_write
            for tensor in _tensors(value)
        }
        for tensor, label in zip(tensors, labels, strict=True):
            if label == "cpu" and (tensor.dim() or id(tensor) in written or func is aten.stack.default):
                gpu.mixed(name, tensor)


class _Move(torch.autograd.Function):
    """A copy on the other device; the gradient is copied back."""

    @staticmethod
    def forward(tensor: Tensor, gpu: PretendedGPU, to: Label) -> Tensor:
        with gpu.maker():
            copy = _original_clone(tensor)
        gpu.mark(copy, to)
        return copy

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        # Not in `forward`, because `torch.func` requires it to be separate.
        tensor, gpu, _ = inputs
        ctx.gpu, ctx.back = gpu, gpu.label(tensor)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (gradient,) = gradients
        return cast(Any, _Move).apply(gradient, ctx.gpu, ctx.back), None, None


_original_to = Tensor.to
_original_clone = Tensor.clone
_original_generator = torch.Generator
_original_numpy = Tensor.numpy
_original_array = Tensor.__array__
_base = cast(Any, torch._C.TensorBase)
_OF_MODULES = frozenset(vars(nn.Module()))


class _Replacements:
    """Replacements for functions and attributes that name or show a device."""

    def __init__(self, gpu: PretendedGPU) -> None:
        self._gpu = gpu

    def install(self) -> None:
        """Replace them permanently in this process."""
        for make in _device_constructors():
            name = make.__name__
            if getattr(torch, name, None) is make:
                setattr(torch, name, self._maker(make, name))
        for name in ("normal", "from_numpy", "frombuffer"):
            setattr(torch, name, self._maker(getattr(torch, name), name, takes_device=name == "normal"))
        for name in ("empty", "zeros", "ones", "full", "rand", "randn", "randint"):
            setattr(torch, f"{name}_like", self._like(getattr(torch, f"{name}_like")))
        for name in ("new_empty", "new_zeros", "new_ones", "new_full", "new_tensor", "new_empty_strided"):
            setattr(Tensor, name, self._like(getattr(Tensor, name)))
        self._tensor_methods()
        self._storages()
        self._modules()
        self._autograd()
        self._cuda()

    def _side(self, device: Any) -> Label | None:
        """The label for a device; `None` if it is not specified. Raises if CUDA has no such device."""
        if device is None:
            return None
        if isinstance(device, int) and not isinstance(device, bool):
            device = torch.device("cuda", device)
        requested = torch.device(device)
        if requested.type == "cuda":
            if not torch.cuda.is_available():
                raise RuntimeError("No CUDA GPUs are available")
            if requested.index not in (None, 0):
                raise RuntimeError("CUDA error: invalid device ordinal")
            return "gpu"
        return "cpu" if requested.type == "cpu" else None

    def _maker(self, make: Callable[..., Any], name: str, takes_device: bool = True) -> Callable[..., Any]:
        gpu = self._gpu

        @functools.wraps(make)
        def made(*args: Any, **kwargs: Any) -> Any:
            requested = kwargs.pop("device", None)
            side = self._side(requested)
            if requested is not None and side is None:
                return make(*args, device=requested, **kwargs)
            data = args[0] if args else kwargs.get("data", kwargs.get("obj"))
            if side is None and name in _MAKERS and isinstance(data, Tensor):
                side = gpu.label(data)
            elif side is None and name != "normal" and takes_device:
                side = self._side(_default_device())
            elif side is None and any(gpu.on_device(each) for each in _tensors((args, kwargs))):
                side = "gpu"
            if name in _MAKERS and isinstance(data, Tensor) and side and side != gpu.label(data):
                return self._converted(gpu.move(data, side), kwargs)
            gpu.check_generator(kwargs.get("generator"), side or "cpu")
            with gpu.maker():
                result = make(
                    *args, **({**kwargs, "device": CPU} if requested is not None or name in _DEFAULTED else kwargs)
                )
                if side == "gpu" and not (isinstance(data, Tensor) and name in _MAKERS and result is data):
                    # as_tensor and from_numpy share memory with an array; on a GPU they copy it.
                    result = _fresh(result) if name in ("as_tensor", "asarray") else result
            if isinstance(result, Tensor):
                if side == "gpu":
                    gpu.mark(result, "gpu")
                else:
                    gpu.made(result)
            return result

        return made

    def _converted(self, tensor: Tensor, kwargs: dict[str, Any]) -> Tensor:
        if kwargs.get("dtype") is not None:
            tensor = _original_to(tensor, kwargs["dtype"])
        tensor = tensor.detach()
        return tensor.requires_grad_() if kwargs.get("requires_grad") else tensor

    def _like(self, make: Callable[..., Any]) -> Callable[..., Any]:
        gpu = self._gpu

        @functools.wraps(make)
        def made(source: Tensor, *args: Any, **kwargs: Any) -> Any:
            side = self._side(kwargs.pop("device", None)) or gpu.label(source)
            gpu.check_generator(kwargs.get("generator"), side)
            with gpu.maker():
                result = make(source, *args, **kwargs)
            gpu.mark(result, side)
            if side == "cpu":
                gpu.made(result)
            return result

        return made

    def _tensor_methods(self) -> None:
        gpu = self._gpu

        def to(self_: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            if (args and isinstance(args[0], Tensor)) or isinstance(kwargs.get("other"), Tensor):
                other = kwargs.pop("other") if "other" in kwargs else args[0]
                side: Label | None = gpu.label(other)
                rest: tuple[Any, ...] = (other.dtype,)
            else:
                given = args[0] if args else kwargs.pop("device", None)
                named = isinstance(given, str | torch.device | int) and not isinstance(given, bool)
                if given is not None and not named:
                    return _original_to(self_, *args, **kwargs)
                side = self._side(given)
                if given is not None and side is None:
                    return _original_to(self_, given, *args[1:], **kwargs)
                rest = args[1:]
            kwargs.pop("non_blocking", None)
            # `to(device, dtype, non_blocking, copy)`: the third argument is irrelevant here.
            dtype = rest[0] if rest and isinstance(rest[0], torch.dtype) else kwargs.pop("dtype", None)
            if side is None or side == gpu.label(self_):
                if dtype is None and not kwargs:
                    return self_
                return _original_to(self_, self_.dtype if dtype is None else dtype, **kwargs)
            kwargs.pop("copy", None)
            moved = gpu.move(self_, side, dtype)
            return _original_to(moved, moved.dtype, **kwargs) if kwargs else moved

        def cuda(self_: Tensor, device: Any = None, *args: Any, **kwargs: Any) -> Tensor:
            return to(self_, DEVICE if device is None else device)

        def cpu(self_: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            return to(self_, CPU)

        def type_(self_: Tensor, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
            if dtype is None:
                plain = _base.type(self_)
                return plain.replace("torch.", "torch.cuda.") if gpu.on_device(self_) else plain
            if isinstance(dtype, torch.dtype):
                return _base.type(self_, dtype)
            name = dtype if isinstance(dtype, str) else f"{dtype.__module__}.{dtype.__name__}"
            moved = to(self_, DEVICE if ".cuda." in name else CPU)
            return _base.type(moved, name.replace(".cuda.", "."))

        def type_as(self_: Tensor, other: Tensor) -> Tensor:
            return to(self_, other)

        def numpy(self_: Tensor, *args: Any, **kwargs: Any) -> Any:
            if gpu.on_device(self_):
                if not kwargs.get("force"):
                    self._refuse_numpy(self_)
                return _original_numpy(to(self_, CPU), **kwargs)
            return _original_numpy(self_, *args, **kwargs)

        def array(self_: Tensor, *args: Any, **kwargs: Any) -> Any:
            if gpu.on_device(self_):
                self._refuse_numpy(self_)
            return _original_array(self_, *args, **kwargs)

        def tolist(self_: Tensor) -> Any:
            return _base.tolist(to(self_.detach(), CPU))

        def pin_memory(self_: Tensor, device: Any = None) -> Tensor:
            return self_

        def get_grad(self_: Tensor) -> Any:
            return _base.grad.__get__(self_)

        def set_grad(self_: Tensor, gradient: Any) -> None:
            if isinstance(gradient, Tensor) and {gpu.label(gradient), gpu.label(self_)} == {"cpu", "gpu"}:
                here, there = ("CPU", "GPU") if gpu.on_device(self_) else ("GPU", "CPU")
                gpu.refuse(
                    RuntimeError,
                    f"assigned grad has data of a different device: expected {self_.device}, got {gradient.device}",
                    f"a gradient on the {here} was assigned to a tensor on the {there}",
                    "A gradient must be on the device of its tensor: `.to(parameter.device)`.",
                )
            _base.grad.__set__(self_, gradient)

        def delete_grad(self_: Tensor) -> None:
            _base.grad.__delete__(self_)

        methods = {
            "to": to, "cuda": cuda, "cpu": cpu, "type": type_, "type_as": type_as, "numpy": numpy, "__array__": array,
            "tolist": tolist,
            "pin_memory": pin_memory, "is_pinned": lambda self_, device=None: False,
            "get_device": lambda self_: 0 if gpu.on_device(self_) else -1,
            "device": property(lambda self_: DEVICE if gpu.on_device(self_) else _base.device.__get__(self_)),
            "is_cuda": property(gpu.on_device),
            "is_cpu": property(lambda self_: not gpu.on_device(self_) and _base.is_cpu.__get__(self_)),
            "grad": property(get_grad, set_grad, delete_grad),
        }  # fmt: skip
        for name, method in methods.items():
            setattr(Tensor, name, method)
        torch.get_device = cast(Any, lambda tensor: tensor.get_device())

    def _refuse_numpy(self, tensor: Tensor) -> NoReturn:
        self._gpu.refuse(
            TypeError,
            "can't convert cuda:0 device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first.",
            f"a tensor of shape {tuple(tensor.shape)} on the GPU was passed to NumPy",
            "NumPy needs the data in main memory: call `.cpu()` before `.numpy()`, as in `y.detach().cpu().numpy()`.",
        )

    def _storages(self) -> None:
        """Label deep copies of tensors: they copy storages without any operation."""
        gpu = self._gpu
        original = torch.storage.UntypedStorage.__deepcopy__

        def deepcopy(self_: Any, memo: Any) -> Any:
            new = original(self_, memo)
            if self_._cdata in gpu._labels:
                _, label = gpu._labels[self_._cdata]
                gpu._labels[new._cdata] = (StorageWeakRef(new), label)
            return new

        cast(Any, torch.storage.UntypedStorage).__deepcopy__ = deepcopy

        def written(storage: Any) -> str | None:
            return "cuda:0" if gpu._labels.get(_untyped(storage)._cdata, (None, ""))[1] == "gpu" else None

        def read(storage: Any, location: str) -> Any:
            if self._side(location) != "gpu":
                return None
            gpu._labels[_untyped(storage)._cdata] = (StorageWeakRef(_untyped(storage)), "gpu")
            return storage

        # Tried before the one for the CPU, which has priority 10.
        torch.serialization.register_package(5, written, read)

    def _modules(self) -> None:
        """Track models that are moved, to search them for tensors on the wrong device."""
        materialize = UninitializedTensorMixin.materialize

        def materialized(self_: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
            side: Label = self._side(device) or getattr(self_, _LAZY, "cpu")
            materialize(self_, shape, CPU, dtype)
            self._gpu.mark(self_, side)

        cast(Any, UninitializedTensorMixin).materialize = materialized
        original = nn.Module._apply

        @functools.wraps(original)
        def apply(self_: nn.Module, *args: Any, **kwargs: Any) -> Any:
            self._gpu._models.add(self_)
            return original(self_, *args, **kwargs)

        cast(Any, nn.Module)._apply = apply

    def _autograd(self) -> None:
        gpu = self._gpu
        for name in ("backward", "grad"):
            original = getattr(torch.autograd, name)

            def within(*args: Any, original: Any = original, **kwargs: Any) -> Any:
                with gpu.backward():
                    return original(*args, **kwargs)

            setattr(torch.autograd, name, functools.wraps(original)(within))
        torch.Generator = self._generators()  # pyright: ignore[reportAttributeAccessIssue]
        device = _original_generator.device

        cast(Any, torch).Generator.device = property(
            lambda self_: DEVICE if self_._cdata in gpu._generators else device.__get__(self_)
        )

    def _generators(self) -> Any:
        gpu, side = self._gpu, self._side

        class Generator(_original_generator):
            """`torch.Generator`, of either device."""

            def __new__(cls, device: Any = "cpu") -> Any:
                new = super().__new__(cls)
                if side(device) == "gpu":
                    gpu._generators[new._cdata] = new
                return new

            def __init__(self, device: Any = "cpu") -> None:
                super().__init__()

        return Generator

    def _cuda(self) -> None:
        cuda: Any = torch.cuda
        visible_at_start = os.environ.get(VISIBLE)

        def is_available() -> bool:
            now = os.environ.get(VISIBLE)
            return now == visible_at_start or now not in ("", "-1")

        def seed(seed: int) -> None:
            torch.default_generator.manual_seed(int(seed))

        class Device:
            """`with torch.cuda.device(0):`"""

            def __init__(self, device: Any = None) -> None:
                self.idx = 0

            def __enter__(self) -> None: ...

            def __exit__(self, *problem: Any) -> None: ...

        nothing = lambda *args, **kwargs: None  # noqa: E731
        none_used = lambda *args, **kwargs: 0  # noqa: E731
        answers: dict[str, Any] = {
            "is_available": is_available, "device_count": lambda: int(is_available()), "current_device": lambda: 0,
            "get_device_name": lambda *args: "Pretended GPU", "get_device_capability": lambda *args: (8, 0),
            "is_initialized": lambda: True, "is_current_stream_capturing": lambda: False,
            "is_bf16_supported": lambda *args, **kwargs: True,
            "manual_seed": seed, "manual_seed_all": seed, "seed": nothing, "seed_all": nothing,
            "initial_seed": none_used,
            "get_rng_state": lambda *args: torch.get_rng_state(), "set_rng_state": nothing,
            "get_rng_state_all": lambda: [torch.get_rng_state()], "set_rng_state_all": nothing,
            "mem_get_info": lambda *args: (8 << 30, 8 << 30), "device": Device, "device_of": Device,
            "current_stream": lambda *args: _Stream(), "default_stream": lambda *args: _Stream(),
            "Stream": _Stream, "Event": _Stream,
            "stream": lambda *args: nullcontext(), "FloatTensor": _typed(torch.float32),
            "LongTensor": _typed(torch.int64),
            **dict.fromkeys(("synchronize", "empty_cache", "init", "set_device", "ipc_collect"), nothing),
            "reset_peak_memory_stats": nothing,
            **dict.fromkeys(("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"),
            none_used),
        }  # fmt: skip
        for name, answer in answers.items():
            setattr(cuda, name, answer)
        if accelerator := cast(Any, getattr(torch, "accelerator", None)):
            accelerator.is_available = is_available
            accelerator.current_accelerator = lambda *args, **kwargs: torch.device("cuda") if is_available() else None
            accelerator.device_count = lambda: int(is_available())
            accelerator.current_device_index = lambda: 0
            accelerator.current_stream = lambda *args: _Stream()
            accelerator.synchronize = accelerator.set_device_index = accelerator.set_stream = nothing
        autocast: Any = torch.amp.autocast_mode.autocast
        original = autocast.__init__

        def begin(self_: Any, device_type: str, *args: Any, **kwargs: Any) -> None:
            # No half precision, so that the numbers are those of a run on the CPU.
            if device_type == "cuda":
                return original(self_, "cpu", dtype=torch.bfloat16, enabled=False)
            return original(self_, device_type, *args, **kwargs)

        autocast.__init__ = begin
        cast(Any, torch.backends.cudnn).is_acceptable = lambda tensor: False


class _Stream:
    """A stream or an event: everything runs synchronously."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def synchronize(self) -> None: ...

    def record(self, *args: Any) -> None: ...

    def wait_stream(self, *args: Any) -> None: ...

    def elapsed_time(self, other: Any) -> float:
        return 0.0

    def is_capturing(self) -> bool:
        return False


_DEFAULTED = frozenset(make.__name__ for make in _device_constructors()) - _MAKERS
"""Called with an explicit CPU device, so that `torch.set_default_device` has no effect on the real tensors."""


def _default_device() -> torch.device | None:
    """What `torch.set_default_device` or `with torch.device(…)` has set."""
    modes = _get_current_function_mode_stack()
    return next((mode.device for mode in reversed(modes) if isinstance(mode, DeviceContext)), None)


def _untyped(storage: Any) -> Any:
    return storage if isinstance(storage, torch.UntypedStorage) else storage._untyped_storage


def _typed(dtype: torch.dtype) -> Any:
    def make(*args: Any) -> Tensor:
        made = (
            torch.Tensor(*args).to(dtype)
            if args and not isinstance(args[0], list)
            else torch.tensor(*args, dtype=dtype)
        )
        return made.to(DEVICE)

    return make


def _fresh(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    fresh = _original_clone(value.detach())
    # Inside the transforms of torch.func, `requires_grad_(False)` is an error too.
    return fresh.requires_grad_() if value.requires_grad else fresh


def _inner(tensor: Tensor) -> Tensor:
    """The tensor inside wrappers of torch.func; for a sparse tensor, its values."""
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    if tensor.layout is torch.sparse_coo:
        return tensor._values()
    return tensor


def _storage_of(tensor: Tensor) -> int | None:
    try:
        return tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        try:
            return _inner(tensor).untyped_storage()._cdata
        except (NotImplementedError, RuntimeError):
            return None
    except ValueError:
        # A lazy parameter has none yet.
        return None


def _purge(book: dict[int, Any]) -> None:
    for key in [key for key, entry in book.items() if entry[0].expired()]:
        del book[key]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in cast(Iterable[Any], value):
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in cast(dict[Any, Any], value).values():
            yield from _tensors(item)


def _modules_in(value: Any) -> list[nn.Module]:
    if isinstance(value, dict):
        value = list(cast(dict[Any, Any], value).values())
    if isinstance(value, list | tuple):
        return [item for item in cast(list[Any], value) if isinstance(item, nn.Module)]
    return []
