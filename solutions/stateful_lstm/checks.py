"""Hidden checks of `stateful_lstm`."""

import numpy as np

from autograder import check, expect
from autograder.authoring.probes.parameters import random_weights
from autograder.authoring.probes.recurrent import last_state, silenced
from autograder.authoring.probes.settles import settles

from .probes import UNITS, build, forecasts, give, loud, output_layer, windows_are


def deaf(student, draw, calls):
    """Names of the weight matrices that the last of some calls of a new model does not use.

    Each is exchanged for another one before that call: seen from outside, whatever a model says of its gradients.
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
    """Answers on both sides of −1 … 1: of a sigmoid, a tanh or a ReLU they would all lie on one side of an end."""
    found = []
    for _ in range(10):
        model.set_parameters({name: 3 * draw.normal(*value.shape) for name, value in model.parameters().items()})
        found.append(forecasts(model, draw.normal(*shape), tried))
        if np.min(found) < -1 and np.max(found) > 1:
            return
    expect.that(
        False,
        tried=f"{tried} with large random weights",
        saw=f"answers from {np.min(found):.3g} to {np.max(found):.3g}, whatever the weights",
        expected="answers of any size and sign",
        cause="The output must be linear: no sigmoid, tanh or ReLU at the end, the target is a number.",
    )


@check("windows.random")
def _(student, draw):
    """Windows of any length of a random series, down to a single one

    Forge: windows of a series drawn now.
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
            missing=f"The last window is missing: 12 values have 12 − {look_back} windows with a value after them.",
        )


@check("scaling.held_out")
def _(student, draw):
    """Values that training never saw keep their place outside of [0, 1]

    Forge: values drawn now.
    So: compute it.
    """
    low, high = 120.0, 300.0
    values = np.concatenate([[60, 480], draw.uniform(100, 400, 6)]).astype(np.float32)
    scaled = (values - low) / (high - low)
    expect.close(
        student.scale(values, low, high),
        scaled,
        tried="scale with low 120 and high 300 of values from 60 to 480",
        cause="(values − low) / (high − low), for all values alike.",
        mistakes={
            "You clip: a held-out month above the training maximum must come out above 1.": scaled.clip(0, 1),
            "You take minimum and maximum of the values at hand; low and high come from the training part.": (
                values - values.min()
            )
            / (values.max() - values.min()),
        },
    )
    expect.close(
        student.unscale(scaled.astype(np.float32)[:, None], low, high),
        values[:, None],
        tried="unscale of a column of what scale should give",
        cause="unscale undoes scale, whatever the shape: multiply by (high − low), then add low.",
    )


@check("layout.random")
def _(student, draw):
    """Each window keeps its values and their order

    Forge: windows drawn now.
    So: compute it.
    """
    X = draw.normal(5, 4)
    swapped = "Features and steps have changed places: (samples, time steps, features)."
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


@check("mlp.bends", needs="mlp.shape")
def _(student, draw):
    """Every value of the window counts, and the net is no straight line

    Forge: a function that bends and depends on each input.
    So: a forger needs any such function; half a point, with the shape.
    """
    model = expect.remote(student.build_mlp(4), tried="build_mlp(4)")
    model.ready(np.zeros((2, 4)))

    def attempt(_):
        model.set_parameters(random_weights(draw, model.parameters()))
        a, b = draw.normal(16, 4), draw.normal(16, 4)
        f = [expect.shape(model.forward(x), (16, 1), tried="build_mlp(4)") for x in (a, b, a + b, 0 * a)]
        expect.differ(
            f[0] + f[1],
            f[2] + f[3],
            tried="f(a) + f(b) against f(a + b) + f(0), with random weights",
            cause="The net is linear: put a non-linearity (ReLU) after the hidden layer.",
            by=1e-3,
        )
        for column in range(4):
            other = a + np.eye(4, dtype=np.float32)[column]
            expect.differ(
                model.forward(other),
                f[0],
                tried=f"value {column} of each window changed, with random weights",
                cause="The net does not see the whole window.",
                by=1e-6,
            )

    expect.best_of(3, attempt)
    expect_linear_output(model, draw, (16, 4), "build_mlp(4)")


@check("lstm.steps", needs="lstm.fresh")
def _(student, draw):
    """Every step and feature of a row counts for its own answer, and for no other

    Forge: with weights that the grader has set, answers that move with each input of their own row and with no
        other, and that have both signs.
    So: form; a forger needs any such function.
    """
    steps, features = 4, 2
    tried = f"build_lstm(4, features=2) on rows of {steps} steps, and on the same rows with one input changed"
    model = expect.remote(student.build_lstm(4, features=features), tried="build_lstm(4, features=2)")
    model.ready(np.zeros((3, steps, features)))
    places = [(step, feature) for step in range(steps) for feature in range(features)]
    counts = np.zeros(len(places), dtype=bool)
    # Of random weights some shut a gate so tightly that an early input leaves no trace.
    for _ in range(6):
        model.set_parameters(loud(draw, model.parameters()))
        x = np.repeat(draw.normal(1, steps, features), len(places) + 1, axis=0)
        for row, place in enumerate(places, start=1):
            x[row][place] += draw.choice([-2, 2])
        found = forecasts(model, x, tried)
        counts |= np.abs(found[1:] - found[0])[:, 0] > 1e-6
        # With rows before it and after it: in whichever direction they reach it, they show.
        others = draw.normal(len(places) + 1, steps, features)
        middle = len(others) // 2
        others[middle] = x[0]
        expect.close(
            forecasts(model, others, tried)[middle],
            found[0],
            tried="build_lstm(4, features=2) on a row, alone the same among other rows",
            expected="the same answer for the same row",
            cause="Samples and time steps have changed places: in PyTorch, batch_first=True.",
        )
        if counts.all():
            break
    expect.that(
        bool(counts.all()),
        tried=tried,
        saw=f"{int(np.sum(~counts))} of the {len(places)} inputs of a row count for nothing",
        expected="an answer that depends on every step and feature",
        cause="The output must be taken at the last step, when the LSTM has read them all.",
    )
    x = draw.normal(3, steps, features)
    expect.differ(
        forecasts(model, x[:, ::-1], "the same rows with time reversed"),
        forecasts(model, x, tried),
        tried="the same rows with time reversed",
        cause="The net is blind to order.",
        by=1e-4,
    )
    expect_linear_output(model, draw, (16, steps, features), "build_lstm(4, features=2)")


@check("stateful.sequence", needs="stateful.shape")
def _(student, draw):
    """The second layer reads every step of the first

    Forge: answers of new models that depend on every weight matrix, which the grader exchanges.
    So: form; `stateful.split` asks for the rest.
    """
    silent = deaf(student, draw, [draw.normal(2, 4, 1)])
    # A layer that makes a single step from a state of zeros does not use its recurrent weights.
    expect.that(
        not silent,
        tried="new models on sequences of four steps, each with one weight matrix exchanged",
        saw=f"the same answers, whatever stands in {', '.join(silent)}",
        expected="every weight matrix has a part in the answer",
        cause="The second layer makes a single step: the first must hand on its whole sequence, not its last "
        "step only.",
    )


@check("stateful.layers", needs="stateful.shape")
def _(student, draw):
    """Both layers remember the call before

    Forge: answers of a second call that depend on every weight matrix, which the grader exchanges.
    So: form; `stateful.split` asks for the rest.
    """
    tried = "the second call, look_back 1, with one weight matrix exchanged after the first"
    silent = deaf(student, draw, [draw.normal(2, 1, 1), draw.normal(2, 1, 1)])
    likely = "No layer carries its hidden state from call to call."
    if len(silent) == 1:
        likely = "Only one of the two layers is stateful: the other starts from zeros in every call."
    expect.that(
        not silent,
        tried=tried,
        saw=f"the same answers, whatever stands in {', '.join(silent)}: there was no state to multiply",
        expected="both layers use their recurrent weights on what the first call left",
        cause=likely,
    )


@check("stateful.rows", needs="stateful.shape")
def _(student, draw):
    """Each row of the batch has a memory of its own

    Forge: answers that follow a permutation drawn now.
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
            forecasts(second, x[order], f"the {call} call, rows in another order"),
            forecasts(first, x, f"the {call} call")[order],
            tried=f"the {call} call of two equal models, one with the rows of every batch in another order",
            expected="the same answers in that order",
            cause="Rows mix: samples and time steps have changed places (in PyTorch, batch_first=True), or "
            "rows share a state.",
        )


@check("reset.keeps_weights", needs="stateful.shape")
def _(student, draw):
    """A reset touches no weight, and a new model may be reset too

    Forge: the first answer again after a reset, another one without, and parameters as before.
    So: a memory that depends on the weights; a forger needs any such function.
    """
    model = build(student, 2, 3, 4)
    weights = loud(draw, model.parameters())
    give(model, weights)
    untouched = give(build(student, 2, 3, 4), weights)
    x = 2 * draw.normal(2, 3, 1)
    new = forecasts(untouched, x, "a new model")
    before = model.parameters()
    with expect.blame("A new model has no state yet, or a state of zeros: a reset of it must do nothing."):
        student.reset_state(model)
    expect.close(
        forecasts(model, x, "a new model after reset_state"),
        new,
        tried="a new model, first reset and then called",
        expected="the answers of a new model",
        cause="reset_state sets h and c to zero, and nothing else.",
    )
    student.reset_state(model)
    expect.unmoved(
        before,
        model.parameters(),
        tried="reset_state, the parameters before and after",
        cause="reset_state must not touch what was learned: only the state goes.",
    )


@check("training.epochs", needs="stateful.split")
def _(student, draw):
    """The state is reset where an epoch begins

    Forge: steps that point along the state of a new model, in both epochs.
    So: compute it.
    """
    # With one row and an output layer of zeros the first step goes along the state that this row leaves. The
    # second goes the same way if it starts from zeros again: the way gets longer by one factor in all units.
    look_back = 2
    model = build(student, 1, 2, UNITS)
    index, places = output_layer(model, loud(draw, model.parameters()), draw.normal(1, 2, 1))
    for _ in range(60):
        model = build(student, 1, look_back, UNITS)
        weights = silenced(loud(draw, model.parameters(), scale=1.5), places)
        give(model, weights)
        x = draw.normal(1, look_back, 1)
        second_call = give(build(student, 1, look_back, UNITS), weights)
        forecasts(second_call, x, "the first call of a new model")
        # Not two gradients of one model: a right trainer may be the one who detaches the state.
        first, second = last_state(model, index, x), last_state(second_call, index, x)
        ratio = second / np.where(first == 0, 1, first)
        if np.abs(first).min() > 0.005 and ratio.min() < -0.5 and ratio.max() > 0.5:
            break
    steps = []
    detach = "Back-propagation runs into the batch before: detach the state, both h and c, between batches."
    for epochs in (1, 2):
        model = give(build(student, 1, look_back, UNITS), weights)
        y = np.full((1, 1), 100, dtype=np.float32)
        with expect.blame(detach, on="backward through the graph a second time"):
            losses = student.train_stateful(model, x, y, epochs, 1, draw.seed())
        losses = expect.losses(
            losses, epochs, tried=f"train_stateful for {epochs} epochs", cause="One loss for each epoch."
        )
        expect.that(
            not np.isclose(losses[0], 100, rtol=0.01),
            tried="one epoch over a single row, whose forecast is off by 100",
            saw=f"a loss of {losses[0]:.4g}",
            expected="10000",
            cause="That is the absolute error, or a root: the loss is the mean squared error.",
        )
        after = list(model.parameters().values())[index]
        steps.append(expect.array(after, tried="the output layer after training").ravel())
    tried = "the way of the output layer in two epochs over a single row, against one epoch"
    expect.that(
        bool(np.all(steps[0] * first > 0)),
        tried="one epoch over a single row: the step of the output layer",
        saw="a step that does not point along the state of a new model",
        expected="a step along it: the epoch begins with a state of zeros",
        cause="One step for each batch of the epoch, on the mean squared error, from a state of zeros.",
    )
    growth = steps[1] / np.where(steps[0] == 0, 1, steps[0])
    expect.that(
        bool(growth.min() > 0 and growth.max() < 1.2 * growth.min()),
        tried=tried,
        saw=f"from {growth.min():.3g} to {growth.max():.3g} times as far, depending on the unit",
        expected="the same factor for all units, as both epochs start from the same state",
        cause="The second epoch begins with what the first left behind: reset the state between epochs.",
    )


@check("training.own_gradients", needs="training.epochs", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: a bias that comes to rest at the value that the labels, drawn by the grader, want.
    So: compute it; a forger may move one bias so.
    """
    settles(
        lambda: build(student, 1, 2, UNITS),
        lambda model, steps: student.train_stateful(
            model, draw.normal(steps, 2, 1), np.zeros((steps, 1), dtype=np.float32), 1, 1, draw.seed()
        ),
        [1],
        tried="train_stateful on rows whose target is 0",
    )


@check("rmse.random")
def _(student, draw):
    """The error of random forecasts, in the units of the series

    Forge: the error of forecasts drawn now.
    So: compute it.
    """
    low, high = 104.0, 413.0
    y, p = draw.uniform(0, 1.5, 7, 1), draw.uniform(0, 1.5, 7, 1)
    error = (y - p).astype(np.float64)
    root = np.sqrt(np.mean(error**2))
    tried = "rmse of 7 random forecasts, low 104, high 413"
    expect.close(
        expect.number(student.rmse(y, p, low, high), tried=tried),
        root * (high - low),
        tried=tried,
        cause="√ of the mean of the squared errors, after both went through unscale.",
        mistakes={
            "That is the error in scaled units: unscale first.": root,
            "The square root is missing.": (root * (high - low)) ** 2,
            "That is the mean absolute error; square before the mean.": np.mean(np.abs(error)) * (high - low),
            "An error is a difference: the offset `low` cancels and must not be added to it.": root * (high - low)
            + low,
        },
    )
