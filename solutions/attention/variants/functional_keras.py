# The functional API with Keras' own attention layer, and a second model that reads the weights.
# %%
class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        keras.utils.set_random_seed(seed)
        self.go = symbols
        source, read = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
        H, state = layers.GRU(hidden, return_sequences=True, return_state=True)(
            layers.Embedding(symbols, hidden)(source)
        )
        S = layers.GRU(hidden, return_sequences=True)(layers.Embedding(symbols + 1, hidden)(read), initial_state=state)
        if attention:
            keys = layers.Dense(hidden, use_bias=False)(H)
            C, weights = layers.Attention()([S, H, keys], return_attention_scores=True)
            self.reader = keras.Model([source, read], weights)
            S = layers.Dense(hidden, activation="tanh")(layers.Concatenate()([S, C]))
        self.model = keras.Model([source, read], layers.Dense(symbols, activation="softmax")(S))
        self.model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="sparse_categorical_crossentropy")

    def shifted(self, target):
        return np.concatenate([np.full((len(target), 1), self.go), target[:, :-1]], axis=1)

    def fit(self, source, target, epochs, batch_size):
        history = self.model.fit(
            [source, self.shifted(target)], target, epochs=epochs, batch_size=batch_size, verbose=0
        )
        return [float(loss) for loss in history.history["loss"]]

    def translate(self, source):
        target = np.zeros(source.shape, dtype="int64")
        for t in range(source.shape[1]):
            target[:, t] = self.model.predict_on_batch([source, self.shifted(target)])[:, t].argmax(axis=-1)
        return target

    def attention(self, source, target):
        return self.reader([source, self.shifted(target)])
