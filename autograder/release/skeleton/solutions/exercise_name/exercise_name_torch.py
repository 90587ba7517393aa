# %%
FRAMEWORK = "torch"

import torch
from jaxtyping import Float
from torch import Tensor


# %% part="weights"
def attention_weights(
    queries: Float[Tensor, "*batch n d"], keys: Float[Tensor, "*batch m d"]
) -> Float[Tensor, "*batch n m"]:
    """softmax(Q Kᵀ / √d) over the keys: the weight of each value for each query."""
    ### BEGIN SOLUTION
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1)
    ### END SOLUTION


# %% part="values"
def attention(
    queries: Float[Tensor, "*batch n d"], keys: Float[Tensor, "*batch m d"], values: Float[Tensor, "*batch m w"]
) -> Float[Tensor, "*batch n w"]:
    """The average of the values for each query, with its weights."""
    ### BEGIN SOLUTION
    return attention_weights(queries, keys) @ values
    ### END SOLUTION


# %% tags=["demo"]
queries, keys = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
print(attention(queries, keys, torch.tensor([[10.0], [20.0]])))

# %% [markdown] part="gpu"
# There is nothing to write here: the check runs your `attention` on the device of its inputs.
