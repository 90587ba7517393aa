# Index arithmetic, lists for tuples, tensors for arrays, different hidden layers, a two-layer LSTM without state.
# %%
def make_windows(series, look_back):
    rows = np.arange(len(series) - look_back)[:, None] + np.arange(look_back + 1)
    return [series[rows][:, :-1], keras.ops.convert_to_tensor(series[rows][:, -1:])]


def fit_scaler(train):
    return [np.min(train), np.max(train)]


def scale(values, low, high):
    return values / (high - low) - low / (high - low)


def unscale(values, low, high):
    return low + (high - low) * keras.ops.convert_to_tensor(values)


def as_features(X):
    return np.expand_dims(X, 1)


def as_steps(X):
    return keras.ops.expand_dims(X, -1)


def build_mlp(look_back):
    inputs = keras.Input((look_back,))
    hidden = keras.layers.Dense(12, activation="tanh")(inputs)
    hidden = keras.layers.Dense(8, activation="tanh")(hidden)
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


def build_lstm(units, features=1):
    return keras.Sequential(
        [keras.layers.LSTM(units, return_sequences=True), keras.layers.LSTM(units), keras.layers.Dense(1)]
    )


def rmse(y, p, low, high):
    return np.linalg.norm((p - y) * (high - low)) / np.sqrt(len(y))
