FRAMEWORK = "torch"
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

# ============================================================
# Part 1
# ============================================================


def build_vocabulary(text):
    unique_characters = set()
    for character in text:
        unique_characters.add(character)
    sorted_characters = sorted(unique_characters)
    char_to_index = dict()
    index_to_char = dict()
    for i in range(len(sorted_characters)):
        char_to_index[sorted_characters[i]] = i
        index_to_char[i] = sorted_characters[i]
    return char_to_index, index_to_char


# ============================================================
# Part 2
# ============================================================


def make_windows(text, length=10, step=1):
    inputs = []
    labels = []
    start_index = 0
    end_index = start_index + length
    while end_index < len(text):
        window = text[start_index:end_index]
        label = text[end_index]
        inputs.append(window)
        labels.append(label)
        start_index = start_index + step
        end_index = start_index + length
    return inputs, labels


# ============================================================
# Part 3
# ============================================================


def char_to_one_hot(character, char_to_index):
    vector = np.zeros(len(char_to_index), dtype=np.float32)
    vector[char_to_index[character]] = 1.0
    return vector


def one_hot_windows(inputs, labels, char_to_index):
    X = []
    y = []
    for window, label in zip(inputs, labels):
        encoded_window = []
        for character in window:
            encoded_window.append(char_to_one_hot(character, char_to_index))
        X.append(encoded_window)
        y.append(char_to_one_hot(label, char_to_index))
    return np.array(X, dtype=np.float32), np.array(y, dtype=np.float32)


# ============================================================
# Part 4
# ============================================================


def compute_softmax(scores):
    max_score = np.max(scores)
    exponentials = np.exp(scores - max_score)
    return exponentials / np.sum(exponentials)


def rnn_forward(x, W, U, V):
    number_of_steps = x.shape[0]
    hidden_size = W.shape[0]
    output_size = V.shape[0]
    h_matrix = np.zeros((number_of_steps, hidden_size))
    y_matrix = np.zeros((number_of_steps, output_size))
    previous_state = np.zeros(hidden_size)
    for step in range(number_of_steps):
        recurrent_part = np.dot(W, previous_state)
        input_part = np.dot(U, x[step])
        current_state = np.tanh(recurrent_part + input_part)
        h_matrix[step, :] = current_state
        y_matrix[step, :] = compute_softmax(np.dot(V, current_state))
        previous_state = current_state
    return h_matrix, y_matrix


# ============================================================
# Part 5
# ============================================================


class CharacterRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super(CharacterRNN, self).__init__()
        self.hidden_size = hidden_size
        self.rnn_layer = nn.RNN(input_size, hidden_size, batch_first=True)
        self.output_layer = nn.Linear(hidden_size, output_size)
        self.softmax_layer = nn.Softmax(dim=1)

    def forward(self, input_tensor):
        rnn_output, final_state = self.rnn_layer(input_tensor)
        last_output = rnn_output[:, -1, :]
        scores = self.output_layer(last_output)
        probabilities = self.softmax_layer(scores)
        return probabilities


def build_model(length, characters, hidden=128):
    model = CharacterRNN(input_size=characters, hidden_size=hidden, output_size=characters)
    return model


# ============================================================
# Part 6
# ============================================================


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    X_tensor = torch.tensor(X, dtype=torch.float32)
    y_tensor = torch.tensor(y, dtype=torch.float32)
    optimizer = optim.RMSprop(model.parameters(), lr=0.001)
    random_generator = torch.Generator()
    random_generator.manual_seed(seed)
    number_of_samples = X_tensor.shape[0]
    epoch_losses = []
    model.train()
    for epoch in range(epochs):
        random_order = torch.randperm(number_of_samples, generator=random_generator)
        running_loss = 0.0
        for batch_start in range(0, number_of_samples, batch_size):
            batch_indices = random_order[batch_start : batch_start + batch_size]
            X_batch = X_tensor[batch_indices].to(device)
            y_batch = y_tensor[batch_indices].to(device)
            optimizer.zero_grad()
            predicted_probabilities = model(X_batch)
            log_probabilities = torch.log(torch.clamp(predicted_probabilities, min=1e-7))
            sample_losses = -torch.sum(y_batch * log_probabilities, dim=1)
            batch_loss = torch.mean(sample_losses)
            batch_loss.backward()
            optimizer.step()
            running_loss += batch_loss.item() * X_batch.shape[0]
        average_loss = running_loss / number_of_samples
        epoch_losses.append(average_loss)
    return epoch_losses


# ============================================================
# Part 7
# ============================================================


def apply_temperature(probabilities, temperature):
    log_probabilities = np.log(np.maximum(probabilities, 1e-20))
    return compute_softmax(log_probabilities / temperature)


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    random_generator = np.random.default_rng(seed)
    current_window = seed_text
    generated_text = ""
    model.eval()
    for _ in range(n):
        encoded = [char_to_one_hot(character, char_to_index) for character in current_window]
        input_tensor = torch.tensor(np.array([encoded])).to(device)
        with torch.no_grad():
            output = model(input_tensor)
        probabilities = output[0].cpu().numpy().astype(np.float64)
        if temperature == 0:
            next_index = int(np.argmax(probabilities))
        else:
            new_probabilities = apply_temperature(probabilities, temperature)
            next_index = int(random_generator.choice(len(new_probabilities), p=new_probabilities))
        next_character = index_to_char[next_index]
        generated_text = generated_text + next_character
        current_window = current_window[1:] + next_character
    return generated_text
