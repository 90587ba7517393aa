# The softmax as e^(score − ln Σ e^score): near 10⁴ the logarithm is rounded to a thousandth.
# %%
def attention_weights(scores, mask):
    scores = scores + mask.log()
    return (scores - scores.logsumexp(dim=1, keepdim=True)).exp()
