"""What people rightly write in Keras for a GPU: each function gives the same numbers on the CPU and on a pretended GPU."""

import os

import keras
import numpy as np
import tensorflow as tf
from keras import layers

FRAMEWORK = "keras"

for _gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(_gpu, True)


def data(features=3):
    draws = np.random.default_rng(0)
    return draws.normal(size=(12, features)).astype("float32"), draws.normal(size=(12, 1)).astype("float32")


def dense():
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)])


def fitted(model, optimizer="sgd", **more):
    model.compile(optimizer, "mse", **more)
    return model.fit(*data(), batch_size=5, epochs=2, verbose=0).history["loss"]


def sgd():
    return fitted(dense())


def adam():
    return fitted(dense(), keras.optimizers.Adam(0.01))


def rmsprop():
    return fitted(dense(), keras.optimizers.RMSprop(0.01))


def clipped_and_scheduled():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
    return fitted(dense(), keras.optimizers.SGD(rate, momentum=0.9, clipnorm=1.0))


def eager_fit():
    return fitted(dense(), run_eagerly=True)


def batches():
    model = dense()
    model.compile("adam", "mse")
    return [float(model.train_on_batch(*data())) for _ in range(3)]


def with_metrics():
    model = dense()
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(*data(), epochs=1, verbose=0, validation_split=0.25)
    return [*model.evaluate(*data(), verbose=0), float(model.predict(data()[0], verbose=0).sum())]


def callbacks():
    model = dense()
    model.compile("sgd", "mse")
    stop = keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
    model.fit(*data(), epochs=3, verbose=0, callbacks=[stop, keras.callbacks.ReduceLROnPlateau("loss")])
    return float(model.predict_on_batch(data()[0]).sum())


def tape():
    model, optimizer = dense(), keras.optimizers.Adam(0.01)
    x, y = data()
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        losses.append(float(loss))
    return losses


def tape_in_a_function():
    model, optimizer = dense(), keras.optimizers.Adam(0.01)
    x, y = (tf.constant(each) for each in data())

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return [step().numpy() for _ in range(3)]


def hand_made_descent():
    model = dense()
    x, y = data()
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
        for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            variable.assign_sub(0.1 * gradient)
    return float(loss)


def gradients_as_arrays():
    model = dense()
    x, y = data()
    with tf.GradientTape() as tape:
        p = model(x)
        right = ((p.numpy() > 0) == (y > 0)).mean()
        loss = tf.reduce_mean(tf.square(p - y))
    return [float(right), *[float(g.numpy().sum()) for g in tape.gradient(loss, model.trainable_variables)]]


def own_train_step():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = dense()
            self.tracker = keras.metrics.Mean("loss")

        def call(self, x):
            return self.inner(x)

        def train_step(self, batch):
            x, y = batch
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
            self.tracker.update_state(loss)
            return {"loss": self.tracker.result()}

    model = Own()
    model.compile("sgd")
    return model.fit(*data(), batch_size=4, epochs=2, verbose=0, shuffle=False).history["loss"]


def convolutions():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(6, 8, 8, 1)).astype("float32")
    return [float(model.train_on_batch(x, np.arange(6) % 5)) for _ in range(2)]


def transposed_convolutions():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(32),
            layers.Reshape((4, 4, 2)),
            layers.Conv2DTranspose(1, 4, 2, "same"),
            layers.UpSampling2D(),
        ]
    )
    return float(tf.reduce_sum(model(tf.ones((2, 5)), training=True)))


def stateful_lstm():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, 3, 1)),
            layers.LSTM(4, return_sequences=True, stateful=True),
            layers.LSTM(4, stateful=True),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    x, y = np.ones((2, 3, 1), "float32"), np.ones((2, 1), "float32")
    losses = [float(model.train_on_batch(x, y)) for _ in range(2)]
    for layer in model.layers:
        if hasattr(layer, "reset_state"):
            layer.reset_state()
    return [*losses, *model.fit(x, y, batch_size=2, shuffle=False, verbose=0).history["loss"]]


def embedding_and_lstm():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int64"),
            layers.Embedding(20, 4, mask_zero=True),
            layers.LSTM(5),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    x = np.random.default_rng(1).integers(0, 20, (7, 6))
    return [float(model.train_on_batch(x, np.ones((7, 1)))) for _ in range(2)]


def recurrent_layers():
    keras.utils.set_random_seed(0)
    x = tf.ones((2, 4, 3))
    made = [
        layers.SimpleRNN(3, unroll=True),
        layers.GRU(3),
        layers.Bidirectional(layers.LSTM(2)),
        layers.RNN(layers.LSTMCell(2)),
    ]
    return [float(tf.reduce_sum(layer(x))) for layer in made]


def dropout():
    keras.utils.set_random_seed(3)
    layer = layers.Dropout(0.5)
    return [float(tf.reduce_sum(layer(tf.ones((4, 4)), training=True))), float(tf.reduce_sum(layer(tf.ones((4, 4)))))]


def random_numbers():
    keras.utils.set_random_seed(5)
    seeds = keras.random.SeedGenerator(1)
    generator = tf.random.Generator.from_seed(2)
    return [
        float(tf.reduce_sum(tf.random.normal((3,)))),
        float(keras.ops.sum(keras.random.normal((3,), seed=seeds))),
        float(tf.reduce_sum(generator.uniform((3,)))),
        int(keras.random.categorical(keras.ops.ones((1, 4)), 1, seed=seeds)[0, 0]),
        float(tf.random.stateless_normal((1,), (1, 2))[0]),
    ]


def gan():
    keras.utils.set_random_seed(0)
    G = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(2)])
    D = keras.Sequential([keras.Input((2,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")])
    g, d = keras.optimizers.Adam(), keras.optimizers.Adam()
    bce = keras.losses.BinaryCrossentropy()
    losses = []
    for _ in range(2):
        z, real = tf.random.normal((6, 5)), np.ones((6, 2), "float32")
        with tf.GradientTape() as tape:
            scores = tf.concat([D(real), D(G(z))], 0)
            loss = bce(tf.concat([tf.ones((6, 1)), tf.zeros((6, 1))], 0), scores)
        d.apply_gradients(zip(tape.gradient(loss, D.trainable_variables), D.trainable_variables))
        D.trainable = False
        with tf.GradientTape() as tape:
            g_loss = bce(tf.ones((6, 1)), D(G(z)))
        g.apply_gradients(zip(tape.gradient(g_loss, G.trainable_variables), G.trainable_variables))
        D.trainable = True
        losses += [float(loss), float(g_loss)]
    return losses


def combined_model():
    keras.utils.set_random_seed(0)
    D = keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid")])
    D.compile("adam", "binary_crossentropy")
    D.trainable = False
    z = keras.Input((3,))
    both = keras.Model(z, D(layers.Dense(2)(z)))
    both.compile("adam", "binary_crossentropy")
    return float(both.train_on_batch(np.ones((4, 3)), np.ones((4, 1))))


def pipelines():
    x, y = data()
    with tf.device("/CPU:0"):
        batches = tf.data.Dataset.from_tensor_slices((x, y)).map(lambda a, b: (a * 2, b)).shuffle(12, seed=1).batch(4)
        table = tf.constant(np.eye(3, dtype="float32")) + 1.0
        noise = tf.random.stateless_normal((12, 3), (1, 2))
    model = dense()
    model.compile("sgd", "mse")
    losses = model.fit(batches, epochs=2, verbose=0, shuffle=False).history["loss"]
    return [*losses, float(tf.reduce_sum(table)), float(model.train_on_batch(x + noise.numpy(), y))]


def python_in_the_pipeline():
    x, y = data()

    def read(index):
        return x[index]

    rows = tf.data.Dataset.range(12).map(lambda i: tf.ensure_shape(tf.numpy_function(read, [i], tf.float32), (3,)))
    model = dense()
    model.compile("sgd", "mse")
    pairs = tf.data.Dataset.zip((rows, tf.data.Dataset.from_tensor_slices(y))).batch(4)
    return model.fit(pairs, verbose=0).history["loss"]


def generators():
    x, y = data()

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return x[4 * index : 4 * index + 4], y[4 * index : 4 * index + 4]

    model = dense()
    model.compile("sgd", "mse")
    return model.fit(Batches(), verbose=0, shuffle=False).history["loss"]


def weights_copied():
    first, second = dense(), dense()
    second.set_weights([weight * 0.5 for weight in first.get_weights()])
    for target, source in zip(second.trainable_variables, first.trainable_variables):
        target.assign(0.9 * target + 0.1 * source)
    clone = keras.models.clone_model(first)
    clone.set_weights(first.get_weights())
    second.trainable_variables[0].assign(np.ones((3, 4), "float32"))
    return [float(tf.reduce_sum(m(data()[0]))) for m in (first, second, clone)]


def saved_and_loaded():
    model = dense()
    path = os.path.join(os.environ.get("TMPDIR", "."), "weights.weights.h5")
    model.save_weights(path)
    other = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)])
    other.load_weights(path)
    return float(tf.reduce_sum(other(data()[0])))


def image_that_learns():
    image = tf.Variable(tf.fill((1, 6, 6, 1), 0.5), constraint=lambda x: tf.clip_by_value(x, 0, 1))
    kernel = tf.reshape(tf.range(9.0), (3, 3, 1, 1)) / 9
    optimizer = keras.optimizers.Adam(0.1)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.nn.conv2d(image, kernel, 1, "VALID")))
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
    return [float(loss), float(image.numpy().sum())]


def gradient_penalty():
    model = dense()
    x = tf.constant(data()[0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            p = model(x)
        slope = inner.gradient(p, x)
        penalty = tf.reduce_mean((tf.norm(slope, axis=1) - 1) ** 2)
    found = outer.gradient(penalty, model.trainable_variables)
    return [float(penalty), float(tf.reduce_sum(found[0]))]


def the_gpu_by_name():
    if tf.config.list_physical_devices("GPU"):
        with tf.device("/GPU:0"):
            model = dense()
            with keras.device("gpu:0"):
                return float(tf.reduce_sum(model(data()[0])))
    return float(tf.reduce_sum(dense()(data()[0])))


def the_gpu_if_there():
    name = "/GPU:0" if tf.config.list_logical_devices("GPU") else "/CPU:0"
    if name == "/CPU:0":
        return fitted(dense())
    with tf.device(tf.test.gpu_device_name()):
        return fitted(dense())


def mirrored():
    strategy = (
        tf.distribute.MirroredStrategy() if tf.config.list_physical_devices("GPU") else tf.distribute.get_strategy()
    )
    with strategy.scope():
        model = dense()
    return fitted(model)


def functional_with_branches():
    keras.utils.set_random_seed(0)
    x, labels = keras.Input((3,)), keras.Input((), dtype="int64")
    hot = layers.CategoryEncoding(4, output_mode="one_hot")(labels)
    joined = layers.Concatenate()(
        [layers.Dense(3)(x), layers.Embedding(4, 2)(labels), layers.Lambda(lambda t: t * 2)(x), hot]
    )
    model = keras.Model([x, labels], layers.Dense(1)(joined))
    return float(tf.reduce_sum(model([tf.ones((2, 3)), tf.constant([1, 2], tf.int64)])))


def own_layer():
    class Scale(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")
            self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            self.seen.assign_add(1.0)
            return x * self.scale + keras.ops.zeros_like(x)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), Scale(), layers.Dense(1)])
    return [*fitted(model), float(model.layers[0].seen)]


def normalisers():
    layer = layers.Normalization()
    layer.adapt(data()[0])
    return [float(tf.reduce_sum(layer(data()[0]))), float(tf.reduce_sum(layers.LayerNormalization()(tf.ones((2, 3)))))]


def attention():
    keras.utils.set_random_seed(0)
    layer = layers.MultiHeadAttention(2, 3)
    x = tf.reshape(tf.range(24.0), (2, 3, 4)) / 24
    return float(tf.reduce_sum(layer(x, x)))


def ops_of_keras():
    x = keras.ops.convert_to_tensor(data()[0])
    return [
        float(keras.ops.sum(keras.ops.softmax(x))),
        float(keras.ops.mean(keras.ops.matmul(x, keras.ops.transpose(x)))),
    ]


def losses_and_metrics():
    p, y = tf.constant([[0.2, 0.8], [0.6, 0.4]]), tf.constant([1, 0])
    metric = keras.metrics.SparseCategoricalAccuracy()
    metric.update_state(y, p)
    return [
        float(metric.result()),
        float(keras.losses.SparseCategoricalCrossentropy()(y, p)),
        float(tf.argmax(p, 1)[0]),
    ]


def variables_by_hand():
    w = tf.Variable(np.ones((3, 1), "float32"))
    b = keras.Variable(np.zeros((1,), "float32"))
    x, y = data()
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ w + b.value - y) ** 2)
        dw, db = tape.gradient(loss, [w, b.value])
        w.assign_sub(0.1 * dw)
        b.assign(b - 0.1 * db)
    return [float(loss), float(w.numpy().sum())]


def state_set_from_arrays():
    state = tf.Variable(np.zeros((2, 2), "float32"), trainable=False)
    for _ in range(3):
        state.assign(np.zeros((2, 2), "float32"))
        state.assign_add(tf.ones((2, 2)))
    return float(tf.reduce_sum(state))


def history_of_tensors():
    model = dense()
    x, y = data()
    losses = []
    for _ in range(3):
        losses.append(tf.reduce_mean(keras.losses.mean_squared_error(y, model(x))))
    return [float(np.mean(losses)), float(tf.stack(losses).numpy()[0])]
