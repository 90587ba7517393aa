"""Hidden checks of `stateful_lstm`."""

import numpy as np

from autograder import check, expect
from autograder.authoring.probes.descent import Ways, trains_downhill
from autograder.authoring.probes.functions import sigmoid
from autograder.authoring.probes.models import new_model, start_differently
from autograder.authoring.probes.parameters import change, random_weights
from autograder.authoring.probes.recurrent import last_state, silenced
from autograder.authoring.probes.recurrent import output_layer as layer_on_units
from autograder.authoring.probes.settles import settles
from autograder.authoring.probes.training import losses_of_copies

from .probes import UNITS, build, forecasts, give, loud, output_layer, windows_are


def deaf(student, draw, calls):
    """Names of the weight matrices that the last of several calls of a new model does not use.

    Each matrix is replaced before that call. So this is seen from outside, whatever a model claims about its gradients.
    """
    rows, look_back = calls[-1].shape[:2]
    weights = loud(draw, build(student, rows, look_back, 4).parameters())

    def last_answer(name=None):
        model = give(build(student, rows, look_back, 4), weights)
        for x in calls[:-1]:
            forecasts(model, x, f"an earlier call, look_back {look_back}")
        if name is not None:
            own = list(model.parameters())[list(weights).index(name)]
            model.set_parameters({own: 2 * draw.normal(*weights[name].shape)})
        return forecasts(model, calls[-1], f"call {len(calls)} of a new model, look_back {look_back}")

    usual = last_answer()
    matrices = [name for name, value in weights.items() if value.ndim > 1]
    return [name for name in matrices if np.max(np.abs(last_answer(name) - usual)) <= 1e-6]


def expect_linear_output(model, draw, shape, tried):
    """Outputs below −1 and above 1: a sigmoid, a tanh or a ReLU at the end could not produce both."""
    found = []
    for _ in range(10):
        model.set_parameters({name: 3 * draw.normal(*value.shape) for name, value in model.parameters().items()})
        found.append(forecasts(model, draw.normal(*shape), tried))
        if np.min(found) < -1 and np.max(found) > 1:
            return
    expect.that(
        False,
        tried=f"{tried} with large random weights",
        saw=f"outputs from {np.min(found):.3g} to {np.max(found):.3g}, whatever the weights",
        expected="outputs of any size and sign",
        cause="The output must be linear: the target is a number, so no sigmoid, tanh or ReLU at the end.",
    )


@check("windows.random")
def _(student, draw):
    """Windows of any length from a random series, down to a single window

    Forge: return the windows of a series that is drawn at grading time.
    So: compute it.
    """
    series = draw.uniform(0, 1, 12)
    for look_back in (1, 5, 11):
        X = np.lib.stride_tricks.sliding_window_view(series, look_back)[:-1]
        y = series[look_back:, None]
        windows_are(
            student.make_windows(series, look_back),
            X,
            y,
            f"make_windows of 12 values, look_back={look_back}",
            column="y[i] is series[i + look_back], the value right after window i, as a column (n, 1).",
            missing=f"The last window is missing: 12 values give 12 − {look_back} windows with a value after them.",
        )


@check("scaling.held_out")
def _(student, draw):
    """Values outside the training range stay outside [0, 1]

    Forge: scale values that are drawn at grading time.
    So: compute it.
    """
    low, high = 120.0, 300.0
    values = np.concatenate([[60, 480], draw.uniform(100, 400, 6)]).astype(np.float32)
    scaled = (values - low) / (high - low)
    expect.close(
        student.scale(values, low, high),
        scaled,
        tried="scale with low 120 and high 300 of values from 60 to 480",
        cause="Compute (values − low) / (high − low) for all values.",
        mistakes={
            "You clip: a held-out month above the training maximum must become more than 1.": scaled.clip(0, 1),
            "You use the minimum and maximum of the values themselves; low and high come from the training part.": (
                values - values.min()
            )
            / (values.max() - values.min()),
        },
    )
    expect.close(
        student.unscale(scaled.astype(np.float32)[:, None], low, high),
        values[:, None],
        tried="unscale of a column of the correct scaled values",
        cause="unscale is the inverse of scale, for any shape: multiply by (high − low), then add low.",
    )


@check("layout.random")
def _(student, draw):
    """Each window keeps its values and their order

    Forge: arrange windows that are drawn at grading time.
    So: compute it.
    """
    X = draw.normal(5, 4)
    swapped = "Features and steps are swapped: the order is (samples, time steps, features)."
    mixed = "A reshape of the wrong axes mixes the windows: keep the samples first and only add an axis."
    for name, wanted, other in [
        ("as_features", X[:, None, :], X[:, :, None]),
        ("as_steps", X[:, :, None], X[:, None, :]),
    ]:
        expect.close(
            student.call(name, X),
            wanted,
            tried=f"{name} of 5 random windows of 4",
            cause=mixed,
            mistakes={swapped: other},
        )


@check("mlp.nonlinear", needs="mlp.shape")
def _(student, draw):
    """The output depends on every value of the window, and the net is nonlinear and starts at random weights

    Forge: write a nonlinear function that depends on each input.
    So: a forger needs any such function; half a point, with the shape.
    """
    model, other = (new_model(student, "build_mlp", 4, example=np.zeros((2, 4)), seed=draw.seed()) for _ in range(2))
    start_differently(model, other, tried="build_mlp(4) twice")

    def attempt(_):
        model.set_parameters(random_weights(draw, model.parameters()))
        # Windows of a scaled series lie in [0, 1], where a ReLU before the hidden layer changes nothing.
        a, b = draw.uniform(0, 1, 16, 4), draw.uniform(0, 1, 16, 4)
        f = [expect.shape(model.forward(x), (16, 1), tried="build_mlp(4)") for x in (a, b, a + b, 0 * a)]
        expect.differ(
            f[0] + f[1],
            f[2] + f[3],
            tried="f(a) + f(b) and f(a + b) + f(0), with random weights",
            cause="The net is linear: add a nonlinearity (ReLU) after the hidden layer.",
            by=1e-3,
        )
        for column in range(4):
            other = a + np.eye(4, dtype=np.float32)[column]
            expect.differ(
                model.forward(other),
                f[0],
                tried=f"the net with random weights, before and after value {column} of each window is changed",
                cause="The net does not use the whole window.",
                by=1e-6,
            )

    expect.best_of(3, attempt)
    expect_linear_output(model, draw, (16, 4), "build_mlp(4)")


@check("lstm.steps", needs="lstm.fresh")
def _(student, draw):
    """The output for a row depends on each of its steps and features, and on no other row

    Forge: with weights that the grader has set, return outputs of both signs that depend on each input of their own
        row and on no other.
    So: form; a forger needs any such function.
    """
    steps, features = 4, 2
    tried = f"build_lstm(4, features=2) on rows of {steps} steps, and on the same rows with one input changed"
    model = expect.remote(student.build_lstm(4, features=features), tried="build_lstm(4, features=2)")
    model.ready(np.zeros((3, steps, features)))
    places = [(step, feature) for step in range(steps) for feature in range(features)]
    counts = np.zeros(len(places), dtype=bool)
    # Some random weights close a gate so tightly that an early input leaves no trace.
    for _ in range(6):
        model.set_parameters(loud(draw, model.parameters()))
        x = np.repeat(draw.normal(1, steps, features), len(places) + 1, axis=0)
        for row, place in enumerate(places, start=1):
            x[row][place] += draw.choice([-2, 2])
        found = forecasts(model, x, tried)
        counts |= np.abs(found[1:] - found[0])[:, 0] > 1e-6
        # The row stands between other rows: a leak from either direction is detected.
        others = draw.normal(len(places) + 1, steps, features)
        middle = len(others) // 2
        others[middle] = x[0]
        expect.close(
            forecasts(model, others, tried)[middle],
            found[0],
            tried="build_lstm(4, features=2) on the same row among two different sets of rows",
            expected="the same output for the same row",
            cause="Samples and time steps are swapped: in PyTorch, use batch_first=True.",
        )
        if counts.all():
            break
    expect.that(
        bool(counts.all()),
        tried=tried,
        saw=f"{int(np.sum(~counts))} of the {len(places)} inputs of a row have no effect",
        expected="an output that depends on every step and feature",
        cause="Take the output at the last step, when the LSTM has read all steps.",
    )
    x = draw.normal(3, steps, features)
    expect.differ(
        forecasts(model, x[:, ::-1], "the same rows with time reversed"),
        forecasts(model, x, tried),
        tried="the same rows with time reversed",
        cause="The output does not depend on the order of the steps.",
        by=1e-4,
    )
    expect_linear_output(model, draw, (16, steps, features), "build_lstm(4, features=2)")


@check("lstm.equations", needs="lstm.fresh")
def _(student, draw):
    """With weights that the grader has set, the output is that of the equations, at the last step

    Forge: return the outputs for weights and rows that the grader has drawn.
    So: compute it.
    """
    # All matrices hold one number, and all biases are 0: the gates and the candidate get the same sum. So neither their
    # order matters, nor whether they share a matrix. Arrays with a side of 1 or 2 are biases: a GRU in Keras has two.
    units, features, weight = 3, 4, float(draw.rng.uniform(0.4, 0.6))
    model = expect.remote(
        student.build_lstm(units, features=features), tried=f"build_lstm({units}, features={features})"
    )
    x = draw.normal(5, 6, features)
    model.ready(x)
    start = loud(draw, model.parameters())
    kernel, _ = layer_on_units(
        model, start, units, x, cause="The output must be one linear layer on the LSTM's h at the last step."
    )
    matrices = {name for name, value in start.items() if value.ndim > 1 and min(value.shape) > 2}
    values = {name: np.full_like(value, weight * (name in matrices)) for name, value in start.items()}
    values[list(values)[kernel]][...] = 1
    model.set_parameters(values)
    tried = f"build_lstm({units}, features={features}) on 5 rows of 6 steps, with equal weights and biases of 0"
    found = forecasts(model, x, tried)
    below = weight * x.sum(axis=2)
    h, c = states_of_lstm(below, weight * units)
    # More than one layer is right too.
    second, _ = states_of_lstm(weight * units * h, weight * units)
    third, _ = states_of_lstm(weight * units * second, weight * units)
    right = min((h, second, third), key=lambda states: np.abs(found - units * states[:, -1:]).max())
    expect.close(
        found,
        units * right[:, -1:],
        tried=tried,
        cause="The layer is not the LSTM of the text: three gates with a sigmoid, tanh for the candidate and for c.",
        mistakes={
            sentence: units * value[:, None]
            for sentence, value in {
                "The output layer reads the mean over the steps: it must read h at the last step.": h.mean(axis=1),
                "The output layer reads the sum over the steps: it must read h at the last step.": h.sum(axis=1),
                "The output layer reads the first step: it must read h at the last step.": h[:, 0],
                "The output layer reads the cell state c: it must read h.": c[:, -1],
                "This is a GRU: build an LSTM.": gru(below, weight * units)[:, -1],
                "This is a simple RNN: build an LSTM.": simple_rnn(below, weight * units)[:, -1],
            }.items()
        },
    )


def states_of_lstm(below, back):
    """h and c at each step, `(rows, steps)`, of units whose gates and candidates all get `below` + `back` · h."""
    h, c, states = 0.0, 0.0, []
    for now in below.T:
        gate, candidate = sigmoid(now + back * h), np.tanh(now + back * h)
        c = gate * c + gate * candidate
        h = gate * np.tanh(c)
        states.append((h, c))
    return np.stack(states, axis=2)


def gru(below, back):
    """h at each step, of the same sums."""
    h, states = 0.0, []
    for now in below.T:
        gate = sigmoid(now + back * h)
        h = (1 - gate) * np.tanh(now + gate * back * h) + gate * h
        states.append(h)
    return np.stack(states, axis=1)


def simple_rnn(below, back):
    """h at each step, of the same sums."""
    h, states = 0.0, []
    for now in below.T:
        h = np.tanh(now + back * h)
        states.append(h)
    return np.stack(states, axis=1)


@check("stateful.sequence", needs="stateful.shape")
def _(student, draw):
    """The second layer reads every step of the first

    Forge: return outputs of new models that depend on every weight matrix, which the grader replaces.
    So: form; `stateful.split` asks for the rest.
    """
    silent = deaf(student, draw, [draw.normal(2, 4, 1)])
    # A layer that takes a single step from a state of zeros does not use its recurrent weights.
    expect.that(
        not silent,
        tried="new models on sequences of four steps, each with one weight matrix replaced",
        saw=f"the same outputs, whatever the values of {', '.join(silent)}",
        expected="outputs that depend on every weight matrix",
        cause="The second layer takes a single step: the first must return its whole sequence, not only its last step.",
    )


@check("stateful.layers", needs="stateful.shape")
def _(student, draw):
    """Both layers remember the previous call

    Forge: return outputs of a second call that depend on every weight matrix, which the grader replaces.
    So: form; `stateful.split` asks for the rest.
    """
    tried = "the second call, with look_back 1 and one weight matrix replaced after the first call"
    silent = deaf(student, draw, [draw.normal(2, 1, 1), draw.normal(2, 1, 1)])
    likely = "No layer keeps its hidden state between calls."
    if len(silent) == 1:
        likely = "Only one of the two layers is stateful: the other starts from zeros in every call."
    expect.that(
        not silent,
        tried=tried,
        saw=f"the same outputs, whatever the values of {', '.join(silent)}: there was no state to multiply",
        expected="outputs for which both layers multiply their recurrent weights with the state after the first call",
        cause=likely,
    )


@check("stateful.rows", needs="stateful.shape")
def _(student, draw):
    """Each row of the batch has a memory of its own

    Forge: return outputs that follow a permutation that is drawn at grading time.
    So: a memory that depends on the weights; a forger needs any such function.
    """
    first, second = (build(student, 4, 3, 4) for _ in range(2))
    weights = loud(draw, first.parameters())
    give(first, weights)
    give(second, weights)
    order = draw.permutation(4)
    for call in ("first", "second"):
        x = 2 * draw.normal(4, 3, 1)
        expect.close(
            forecasts(second, x[order], f"the {call} call, with the rows in a different order"),
            forecasts(first, x, f"the {call} call")[order],
            tried=f"the {call} call of two equal models, one with the rows of every batch in a different order",
            expected="the same outputs in that order",
            cause="Rows mix: samples and time steps are swapped (in PyTorch, use batch_first=True), or rows share "
            "a state.",
        )


@check("reset.keeps_weights", needs="stateful.shape")
def _(student, draw):
    """A reset changes no weight, and also works for a new model

    Forge: return the first output again after a reset, a different one without a reset, and leave the parameters alone.
    So: a memory that depends on the weights; a forger needs any such function.
    """
    model = build(student, 2, 3, 4)
    weights = loud(draw, model.parameters())
    give(model, weights)
    untouched = give(build(student, 2, 3, 4), weights)
    x = 2 * draw.normal(2, 3, 1)
    new = forecasts(untouched, x, "a new model")
    before = model.parameters()
    with expect.blame("A new model has no state yet, or a state of zeros: resetting it must do nothing."):
        student.reset_state(model)
    expect.close(
        forecasts(model, x, "a new model after reset_state"),
        new,
        tried="a new model, first reset and then called",
        expected="the outputs of a new model",
        cause="reset_state must set h and c to zero, and nothing else.",
    )
    student.reset_state(model)
    expect.unmoved(
        before,
        model.parameters(),
        tried="the parameters before and after reset_state",
        cause="reset_state must not change any weight: it clears only the state.",
    )


@check("training.epochs", needs="stateful.shape", few_steps=True)
def _(student, draw):
    """The state is reset at the beginning of each epoch, and each epoch's loss is the mean squared error

    Forge: take steps along the state of a new model, in both epochs.
    So: compute it.
    """
    # With one row and an output layer of zeros, the first step points along the state that this row leaves. The second
    # step has the same direction if it starts from zeros again: the total grows by the same factor in all units.
    look_back = 2
    model = build(student, 1, 2, UNITS)
    index, places = output_layer(model, loud(draw, model.parameters()), draw.normal(1, 2, 1))
    for _ in range(60):
        model = build(student, 1, look_back, UNITS)
        weights = silenced(loud(draw, model.parameters(), scale=1.5), places)
        give(model, weights)
        x = draw.normal(1, look_back, 1)
        second_call = give(build(student, 1, look_back, UNITS), weights)
        second_call.forward(x, training=True)
        # Not two gradients of one model: in a correct solution, the training loop may be what detaches the state.
        first, second = last_state(model, index, x), last_state(second_call, index, x)
        ratio = second / np.where(first == 0, 1, first)
        if np.abs(first).min() > 0.005 and ratio.min() < -0.5 and ratio.max() > 0.5:
            break
    expect.that(
        bool(ratio.min() < ratio.max()),
        tried="the state after the first and after the second call on the same row",
        saw="the same state",
        expected="a state that depends on the call before",
        cause="The model does not remember, so that no reset shows.",
    )
    steps = []
    detach = "Backpropagation continues into the previous batch: detach the state, both h and c, between batches."
    for epochs in (1, 2):
        model = give(build(student, 1, look_back, UNITS), weights)
        y = np.full((1, 1), 100, dtype=np.float32)
        with expect.blame(detach, on="backward through the graph a second time"):
            losses = student.train_stateful(model, x, y, epochs, 1, draw.seed())
        losses = expect.losses(
            losses, epochs, tried=f"train_stateful for {epochs} epochs", cause="Return one loss for each epoch."
        )
        expect.that(
            not np.isclose(losses[0], 100, rtol=0.01),
            tried="one epoch over a single row, whose forecast is off by 100",
            saw=f"a loss of {losses[0]:.4g}",
            expected="10000",
            cause="This is the absolute error, or its square root is taken: the loss is the mean squared error.",
        )
        after = list(model.parameters().values())[index]
        steps.append(expect.array(after, tried="the output layer after training").ravel())
    model = give(build(student, 1, look_back, UNITS), weights)
    rows = np.repeat(x, 4, axis=0)
    tried = "train_stateful for 2 epochs on a row that comes four times, whose forecast is off by 100"
    losses = expect.losses(
        student.train_stateful(model, rows, np.full((4, 1), 100, dtype=np.float32), 2, 1, draw.seed()), 2, tried=tried
    )
    student.reset_state(model)
    left = [(100 - float(forecasts(model, row[None], tried)[0, 0])) ** 2 for row in rows]
    losses_of_copies(
        losses,
        4,
        (1e4, min(left)),
        {},
        tried=tried,
        cause="The loss of an epoch is the mean squared error over its batches.",
    )
    tried = "the change of the output layer in two epochs on a single row, relative to one epoch"
    expect.that(
        bool(np.all(steps[0] * first > 0)),
        tried="one epoch on a single row: the step of the output layer",
        saw="a step that does not point along the state of a new model",
        expected="a step along this state: the epoch begins with a state of zeros",
        cause="Take one step for each batch of the epoch, on the mean squared error, starting from a state of zeros.",
    )
    growth = steps[1] / np.where(steps[0] == 0, 1, steps[0])
    alike = bool(growth.min() > 0 and growth.max() < 1.2 * growth.min())
    expect.that(
        alike,
        tried=tried,
        saw=f"a factor from {growth.min():.3g} to {growth.max():.3g}, depending on the unit",
        expected="the same factor for all units, because both epochs start from the same state",
        cause="The second epoch begins with the final state of the first: reset the state between epochs."
        if alike or not draws_in_training(student, draw, look_back)
        else "The model draws at random in training mode, as dropout between the layers does: leave it out.",
    )


def draws_in_training(student, draw, look_back):
    """Whether two new models with the same weights answer differently in training mode."""
    x, weights, answers = draw.normal(1, look_back, 1), {}, []
    for _ in range(2):
        model = build(student, 1, look_back, UNITS)
        weights = weights or loud(draw, model.parameters())
        give(model, weights)
        answers += [model.forward(x, training=True) for _ in range(4)]
    return not np.allclose(answers[:4], answers[4:], rtol=1e-4, atol=1e-6)


@check("training.own_gradients", needs="training.epochs", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: move a bias to the value that minimises the loss, and leave it there; one step against the gradient of the
        error in every array of parameters, by the worker's own autodiff.
    So: compute it; a forger who gives every array its right direction has derived the gradient.
    """
    settles(
        lambda: build(student, 1, 2, UNITS),
        lambda model, steps: student.train_stateful(
            model, draw.normal(steps, 2, 1), np.zeros((steps, 1), dtype=np.float32), 1, 1, draw.seed()
        ),
        [1],
        tried="train_stateful on rows whose target is 0",
    )
    rows, look_back = 12, 3
    weights = build(student, rows, look_back, UNITS).parameters()
    x, y = draw.normal(rows, look_back, 1), 2 * draw.normal(rows, 1)

    def fresh():
        """A model with the same weights, whose memory is empty."""
        return give(build(student, rows, look_back, UNITS), weights)

    def slopes(training, answer):
        """The gradient of the mean squared error, if `answer` is the output."""
        found = fresh().gradients(x, 2 / rows * (answer - y), training)
        return dict(zip(weights, found.values(), strict=True))

    plain, trained, again = (fresh().forward(x, training) for training in (False, True, True))
    noisy = not np.allclose(trained, again, rtol=1e-4, atol=1e-6)
    ways = Ways([[slopes(False, plain)], [slopes(True, trained)]], noisy)

    def moved_in(epochs):
        learner = fresh()
        student.train_stateful(learner, x, y, epochs, rows, draw.seed())
        return change(weights, dict(zip(weights, learner.parameters().values(), strict=True)))

    trains_downhill(
        student,
        moved_in,
        ways,
        tried="train_stateful on one batch of 12 rows, against the gradient of the mean squared error",
        cause="A step must go against the gradient of the error in every layer: no regression, no other search.",
    )


@check("rmse.random")
def _(student, draw):
    """The error of random forecasts, in the units of the series

    Forge: return the error of forecasts that are drawn at grading time.
    So: compute it.
    """
    low, high = 104.0, 413.0
    y, p = draw.uniform(0, 1.5, 7, 1), draw.uniform(0, 1.5, 7, 1)
    error = (y - p).astype(np.float64)
    root = np.sqrt(np.mean(error**2))
    tried = "rmse of 7 random forecasts, with low 104 and high 413"
    expect.close(
        expect.number(student.rmse(y, p, low, high), tried=tried),
        root * (high - low),
        tried=tried,
        cause="Unscale targets and forecasts, then take the square root of the mean squared error.",
        mistakes={
            "This is the error in scaled units: unscale first.": root,
            "The square root is missing.": (root * (high - low)) ** 2,
            "This is the mean absolute error; square the errors before the mean.": np.mean(np.abs(error))
            * (high - low),
            "An error is a difference: the offset `low` cancels and must not be added to it.": root * (high - low)
            + low,
        },
    )
