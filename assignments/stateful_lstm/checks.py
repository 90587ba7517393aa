"""Checks of `stateful_lstm` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.recurrent import last_state, silenced
from shared import data

from .probes import UNITS, build, forecasts, give, loud, output_layer, windows_are

LOOK_BACK = 3
TRAINING_MONTHS = 96


@check("windows.example")
def _(student):
    """Windows of three from a short series, and the value after each

    Forge: keep a table of one example.
    So: the next check draws others.
    """
    series = np.array([10, 20, 30, 40, 50, 60], dtype=np.float32)
    X = np.array([[10, 20, 30], [20, 30, 40], [30, 40, 50]], dtype=np.float32)
    y = np.array([[40], [50], [60]], dtype=np.float32)
    windows_are(
        student.make_windows(series, 3),
        X,
        y,
        "make_windows([10, 20, 30, 40, 50, 60], look_back=3)",
        column="y is a column (n, 1): the value right after each window.",
        missing="The last window is missing: six values give 6 − 3 windows of three with a value after them.",
    )


@check("scaling.line")
def _(student, draw):
    """The training part is scaled to 0 … 1 and back

    Forge: keep a table of one example.
    So: the next check draws others.
    """
    train = draw.uniform(100, 400, 12)
    tried = "fit_scaler of 12 random values"
    found = expect.several(student.fit_scaler(train), 2, tried=tried, cause="Return the pair `(low, high)`.")
    expect.close(
        [expect.number(end, tried=tried) for end in found],
        [train.min(), train.max()],
        tried=tried,
        cause="low is the smallest value of the training part, and high is the largest.",
        mistakes={
            "Mean and standard deviation standardise; to scale to [0, 1], use minimum and maximum.": [
                train.mean(),
                train.std(),
            ],
            "low and high are swapped.": [train.max(), train.min()],
        },
    )
    low, high = float(train.min()), float(train.max())
    scaled = (train - low) / (high - low)
    expect.close(
        student.scale(train, low, high),
        scaled,
        tried="scale of the same values",
        cause="Compute (values − low) / (high − low).",
    )
    expect.close(
        student.unscale(scaled.astype(np.float32), low, high),
        train,
        tried="unscale of the correct scaled values",
        cause="unscale is the inverse of scale: multiply by (high − low), then add low.",
    )


@check("layout.example")
def _(student):
    """Two windows of three: as features of one step, and as three steps

    Forge: keep a table of one example.
    So: the next check draws others.
    """
    X = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
    swapped = "Features and steps are swapped: the order is (samples, time steps, features)."
    expect.close(
        student.as_features(X),
        X[:, None, :],
        tried="as_features([[1, 2, 3], [4, 5, 6]])",
        cause="Return one time step with look_back features: (N, 1, look_back).",
        mistakes={swapped: X[:, :, None]},
    )
    expect.close(
        student.as_steps(X),
        X[:, :, None],
        tried="as_steps([[1, 2, 3], [4, 5, 6]])",
        cause="Return look_back time steps with one feature: (N, look_back, 1).",
        mistakes={swapped: X[:, None, :]},
    )


@check("mlp.shape")
def _(student, draw):
    """The model maps each window to one value

    Forge: return outputs of shape (n, 1).
    So: form.
    """
    for rows, look_back in [(5, 3), (2, 4)]:
        tried = f"build_mlp({look_back}) on {rows} windows"
        model = expect.remote(student.build_mlp(look_back), tried=tried)
        expect.shape(
            model.forward(draw.normal(rows, look_back)),
            (rows, 1),
            tried=tried,
            cause="The model maps (N, look_back) to (N, 1).",
        )


@check("lstm.fresh")
def _(student, draw):
    """Any number of rows and steps, and no memory between calls

    Forge: return the same outputs twice.
    So: form, and no memory.
    """
    model = expect.remote(student.build_lstm(4), tried="build_lstm(4)")
    x = 3 * draw.normal(5, 3, 1)
    column = "The model maps (N, T, features) to (N, 1): the output layer reads only the last step."
    first = expect.shape(model.forward(x), (5, 1), tried="build_lstm(4) on (5, 3, 1)", cause=column)
    expect.shape(model.forward(3 * draw.normal(2, 7, 1)), (2, 1), tried="build_lstm(4) on (2, 7, 1)", cause=column)
    expect.close(
        model.forward(x),
        first,
        tried="build_lstm(4) on the same rows again, with another call in between",
        expected="the same outputs",
        cause="The model keeps its state between calls; in this net every call starts from zeros.",
        rtol=1e-4,
        atol=1e-6,
    )


@check("stateful.shape")
def _(student, draw):
    """Two stacked layers: shape and number of parameters

    Forge: have as many parameters as two layers, and return a constant if they are 0.
    So: form.
    """
    for batch_size, look_back, units in [(3, 2, 4), (1, 5, 3)]:
        tried = f"build_stateful_lstm({batch_size}, {look_back}, {units})"
        model = build(student, batch_size, look_back, units)
        forecasts(model, draw.normal(batch_size, look_back, 1), f"{tried} on ({batch_size}, {look_back}, 1)")
        count = sum(value.size for value in model.parameters().values())
        first, second = 4 * units * (1 + units + 1), 4 * units * (units + units + 1)
        single, output = first + units + 1, units + 1
        likely = "Stack two LSTM layers with `units` units each, and add a linear output layer, all with biases."
        if count in (single, single + 4 * units):
            likely = "The model has one LSTM layer; stack two."
        expect.that(
            # PyTorch's layers have a second bias vector; a student's own cell may have only one.
            count in (first + second + output, first + second + output + 8 * units),
            tried=tried,
            saw=f"{count} parameters",
            expected=f"{first + second + output} ({first + second + output + 8 * units} with two bias vectors)",
            cause=likely,
        )
        model.set_parameters({name: 0 * value for name, value in model.parameters().items()})
        tried = f"{tried} with all parameters 0, on two different batches"
        silent = [forecasts(model, draw.normal(batch_size, look_back, 1), tried) for _ in range(2)]
        expect.that(
            float(np.ptp(silent)) <= 1e-6,
            tried=tried,
            saw=f"outputs from {np.min(silent):.2g} to {np.max(silent):.2g}",
            expected="the same output for all: an output layer of zeros blocks the input",
            cause="The output bypasses the parameters: it must come from the LSTM layers and the output layer alone.",
        )


@check("stateful.split", needs="stateful.shape")
def _(student, draw):
    """Two calls of length L give the same output as one call of length 2L

    Forge: return the same output for a whole sequence and for its two halves, with weights that the grader has set.
    So: a memory that depends on the weights; a forger needs any such function.
    """
    rows, length = 3, draw.choice([2, 3, 4])
    long = build(student, rows, 2 * length, 4)
    weights = loud(draw, long.parameters())
    x = 2 * draw.normal(rows, 2 * length, 1)
    whole = forecasts(give(long, weights), x, f"a new model with look_back {2 * length}")
    short, fresh, twin = (give(build(student, rows, length, 4), weights) for _ in range(3))
    expect.close(
        forecasts(short, x[:, :length], f"a model with look_back {length}"),
        forecasts(twin, x[:, :length], f"a model with look_back {length}"),
        tried="two new models with the same weights, on the same rows",
        expected="the same outputs",
        cause="A new model must start from a state of zeros; yours starts from random numbers.",
    )
    tried = f"a sequence of {2 * length} steps in two calls of {length}, and in one call with the same weights"
    expect.close(
        forecasts(short, x[:, length:], tried),
        whole,
        tried=tried,
        expected="the output of the one long call",
        cause="Part of the memory is lost between calls: each of the two layers has an h and a c, and "
        "the second must read every step of the first.",
        mistakes={
            "No state is kept: the second call starts from zeros again.": forecasts(fresh, x[:, length:], tried),
        },
    )


@check("reset.as_new", needs="stateful.shape")
def _(student, draw):
    """After a reset the model behaves as when it was new; without a reset it does not

    Forge: return the first output again after a reset, and a different one without a reset.
    So: a memory that depends on the weights; a forger needs any such function.
    """
    model = build(student, 2, 3, 4)
    give(model, loud(draw, model.parameters()))
    x, other = 2 * draw.normal(2, 3, 1), 2 * draw.normal(2, 3, 1)
    new = forecasts(model, x, "a new stateful model")
    forecasts(model, other, "its second call")
    expect.differ(
        forecasts(model, x, "its third call"),
        new,
        tried="the first rows again, as the third call and without a reset",
        cause="The model has no memory to reset: it must keep its state between calls.",
        by=1e-5,
    )
    student.reset_state(model)
    expect.close(
        forecasts(model, x, "the model after reset_state"),
        new,
        tried="the first rows again, after reset_state",
        expected="the outputs of the new model",
        cause="Part of the memory is left: set h and c of both layers to zero.",
    )


@check("training.order", needs="stateful.shape")
def _(student, draw):
    """Batches come in time order, and the memory is kept within the epoch

    Forge: take a step along the state that the batches leave if they are run in order.
    So: compute it.
    """
    # The output layer and all targets except the last are zero. So nothing has a gradient until the last row, and then
    # only the output layer has one: the error times the state, which shows what was remembered.
    rows, look_back = 16, 2
    for _ in range(20):
        model = build(student, 1, look_back, UNITS)
        x = 2 * draw.normal(rows, look_back, 1)
        x[-1] *= 0.1
        weights = loud(draw, model.parameters())
        index, places = output_layer(model, weights, x[:1])
        weights, kernel = silenced(weights, places), list(weights)[index]
        reader, fresh = (give(build(student, 1, look_back, UNITS), weights) for _ in range(2))
        forgetful = last_state(fresh, index, x[-1:])
        for row in x[:-1]:
            # In training mode, as `train_stateful` calls it: memory in inference mode is the question of `stateful`.
            reader.forward(row[None], training=True)
        remembered = last_state(reader, index, x[-1:])
        tell = (remembered * forgetful < 0) & (np.abs(remembered) > 0.05) & (np.abs(forgetful) > 1e-3)
        if tell.any():
            break
    expect.that(
        bool(tell.any()),
        tried="20 new models on 16 rows: the state at the last row, after the rows before it and without them",
        saw="the same signs, whatever the rows before",
        expected="a state that depends on the rows before",
        cause="The model does not remember, so that the order of its training does not show.",
    )
    y = np.zeros((rows, 1), dtype=np.float32)
    y[-1] = 100
    model = give(build(student, 1, look_back, UNITS), weights)
    detach = "Backpropagation continues into the previous batch: detach the state, both h and c, between batches."
    tried = "train_stateful for one epoch of batches of one row, of which only the last has an error"
    with (
        expect.blame(detach, on="backward through the graph a second time"),
        expect.blame(detach, on="modified by an inplace operation"),
    ):
        student.train_stateful(model, x, y, 1, 1, draw.seed())
    after = dict(zip(weights, model.parameters().values(), strict=True))
    # Weight decay shrinks weights without a gradient, and may take the few close to zero past it. A gradient makes half
    # of the weights grow.
    grown = [
        np.abs(after[name]) > np.abs(value) * (1 + 1e-6) + 1e-9
        for name, value in weights.items()
        if name != kernel and value.size > 1
    ]
    expect.that(
        float(np.mean(np.concatenate([each.ravel() for each in grown]))) < 0.1,
        tried=tried,
        saw="LSTM weights that changed, so training continued after the last row",
        expected="a step of the output layer only, at the last row",
        cause="The batches are not in time order: do not shuffle, use one slice after the other.",
    )
    step = expect.array(after[kernel], tried=tried).ravel()
    heard = np.abs(remembered) > 0.05
    likely = "The state at the last row does not come from the rows before it."
    if np.all(np.sign(step[tell]) == np.sign(forgetful[tell])):
        likely = "The state is zero again in each batch: keep it, and reset it only between epochs."
    elif not step.any():
        likely = (
            "The output layer did not move: does the optimiser hold its parameters and step, also in the last batch?"
        )
    expect.that(
        bool(np.all(np.sign(step[heard]) == np.sign(remembered[heard]))),
        tried=tried,
        saw="a step of the output layer that does not point along the remembered state",
        expected="a step along the state that all earlier rows leave, in time order",
        cause=likely,
    )


@check("training.forecast", needs="training.order", trains=True)
def _(student, draw, limits):
    """The error after twenty epochs on the airline series, in thousands of passengers

    Forge: return forecasts that are close to the held-out months; the series is public, and a regression on the
        states of an untrained LSTM is as close.
    So: lie about it: the series is public and can be smuggled into the file.
    Closed by: a series made up at grading time. A scaled and shifted one is the same after `scale`, and the bars of the
        text are those of this series.
    """
    series = data.airline_passengers().astype(np.float64)
    low, high = series[:TRAINING_MONTHS].min(), series[:TRAINING_MONTHS].max()
    scaled = ((series - low) / (high - low)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(scaled, LOOK_BACK)[:-1, :, None]
    known = TRAINING_MONTHS - LOOK_BACK

    def attempt(_):
        student.seed(draw.seed())
        model = build(student, 1, LOOK_BACK, 4)
        targets = scaled[LOOK_BACK:TRAINING_MONTHS, None]
        student.train_stateful(model, windows[:known], targets, 20, 1, draw.seed())
        tried = "train_stateful for 20 epochs on the first 96 months, look_back 3, 4 units"
        student.reset_state(model)
        rows = [forecasts(model, window[None], "a forecast of the trained model") for window in windows]
        error = (np.concatenate(rows)[:, 0] - scaled[LOOK_BACK:]) * (high - low)
        for part, months, bound in [
            ("the training part", error[:known], limits.training_rmse),
            ("the held-out third", error[known:], limits.held_out_rmse),
        ]:
            expect.at_most(
                float(np.sqrt(np.mean(months**2))),
                bound,
                tried=f"{tried}; then a reset and forecasts of {part} in time order",
                what="an RMSE",
                cause="The net has learned too little: take one step for each batch, give the optimiser every "
                "parameter, and choose a suitable learning rate (0.001 for Adam).",
            )

    expect.best_of(2, attempt)


@check("rmse.example")
def _(student):
    """Two forecasts, each off by three thousand passengers

    Forge: keep a table of one example.
    So: the next check draws others.
    """
    y = np.array([[0.1], [0.5]], dtype=np.float32)
    p = np.array([[0.4], [0.2]], dtype=np.float32)
    found = expect.number(
        student.rmse(y, p, 100.0, 110.0), tried="rmse of two forecasts that are off by 0.3, with low 100 and high 110"
    )
    expect.close(
        found,
        3.0,
        tried="rmse of two forecasts that are off by 0.3, with low 100 and high 110",
        cause="Unscale targets and forecasts, then take the square root of the mean squared error.",
        mistakes={
            "This is the error in scaled units: unscale first.": 0.3,
            "The square root is missing.": 9.0,
        },
    )


@on_gpu("gpu", needs="training.order")
def _(student, draw):
    """Training, state and reset use the device where the model's parameters are"""
    seed, x, y = draw.seed(), draw.normal(4, LOOK_BACK, 1), draw.normal(4, 1)
    student.seed(seed)
    model = student.place(build(student, 2, LOOK_BACK, 4), x[:2])
    student.train_stateful(model, x, y, 2, 2, seed)
    remembering = model.forward(x[:2])
    student.reset_state(model)
    return {"remembering": remembering, "afresh": model.forward(x[:2])}
