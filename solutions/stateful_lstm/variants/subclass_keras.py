# A subclassed model, built by its first call; explicit batches with a GradientTape; RMSprop.
# %%
class Stateful(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.first = keras.layers.LSTM(units, stateful=True, return_sequences=True)
        self.second = keras.layers.LSTM(units, stateful=True)
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.second(self.first(x)))


def build_stateful_lstm(batch_size, look_back, units):
    return Stateful(units)


def reset_state(model):
    for layer in (model.first, model.second):
        if layer.built:
            layer.reset_state()


def train_stateful(model, X, y, epochs, batch_size, seed):
    import tensorflow as tf

    optimizer = keras.optimizers.RMSprop(0.001)
    model(X[:batch_size])

    @tf.function
    def step(x_batch, y_batch):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x_batch, training=True) - y_batch) ** 2)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return loss

    losses = []
    for _ in range(epochs):
        reset_state(model)
        batches = tf.data.Dataset.from_tensor_slices((X, y)).batch(batch_size)
        losses.append(np.mean([step(x_batch, y_batch) for x_batch, y_batch in batches]))
    return losses
