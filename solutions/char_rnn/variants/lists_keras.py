# A list for the second table, booleans for the one-hot windows, tensors for the equations, no shuffling.
def build_vocabulary(text):
    index_to_char = sorted(set(text))
    return {character: index_to_char.index(character) for character in index_to_char}, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    start = 0
    while start + length < len(text):
        inputs.append(text[start : start + length])
        labels.append(text[start + length])
        start += step
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    X = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype=bool)
    y = np.zeros((len(inputs), len(char_to_index)), dtype=bool)
    for row, window in enumerate(inputs):
        for place, character in enumerate(window):
            X[row, place, char_to_index[character]] = True
        y[row, char_to_index[labels[row]]] = True
    return X, y


def rnn_forward(x, W, U, V):
    states = [keras.ops.zeros((W.shape[0], 1))]
    for x_t in x:
        states.append(keras.ops.tanh(keras.ops.matmul(W, states[-1]) + keras.ops.matmul(U, x_t[:, None])))
    h = keras.ops.squeeze(keras.ops.stack(states[1:]), axis=2)
    return h, keras.ops.softmax(keras.ops.matmul(h, keras.ops.transpose(V)), axis=1)


def train(model, X, y, epochs, batch_size, seed):
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model.fit(X, y, batch_size, epochs, verbose=0, shuffle=False).history["loss"]
