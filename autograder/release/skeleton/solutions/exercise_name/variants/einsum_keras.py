# Every product with einsum; an explicit softmax, in plain TensorFlow.
# %%
def attention_weights(queries, keys):
    scores = tf.einsum("...nd,...md->...nm", queries, keys) / queries.shape[-1] ** 0.5
    exponentials = tf.exp(scores - tf.reduce_max(scores, -1, keepdims=True))
    return exponentials / tf.reduce_sum(exponentials, -1, keepdims=True)


def attention(queries, keys, values):
    return tf.einsum("...nm,...mw->...nw", attention_weights(queries, keys), values)
