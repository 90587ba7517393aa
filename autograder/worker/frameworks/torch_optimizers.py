"""Optimisers of a model that the grader moves: their state goes with it."""

# PyTorch's stubs leave much unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import gc

from torch import Tensor, nn
from torch.optim import Optimizer


def move_states(model: nn.Module) -> None:
    """Move what optimisers keep of the model's parameters to the parameters' devices.

    A constructor gives the parameters of a new GAN to optimisers, and the grader moves the nets afterwards. Most
    optimisers have no state yet; Adagrad has one from the start. A student who builds the nets on a GPU has it there.
    """
    own = {id(parameter) for parameter in model.parameters()}
    # Not `isinstance`, which asks an object for its class: any object may answer anything.
    for optimizer in (each for each in gc.get_objects() if issubclass(type(each), Optimizer)):
        for parameter, state in optimizer.state.items():
            if id(parameter) in own:
                # A number, such as the count of steps, may stay where it is.
                state |= {
                    name: value.to(parameter.device)
                    for name, value in state.items()
                    if isinstance(value, Tensor) and value.dim()
                }
