"""Hidden checks of `cnn`."""

import numpy as np

from autograder import check, expect, images
from autograder.authoring.probes.functions import cross_entropy, logit, relu, sigmoid, softmax
from autograder.authoring.probes.parameters import without_zero_matrices
from autograder.authoring.probes.training import a_step_for_each_batch, every_sample_trains, inputs_at_zero
from shared import data

from .probes import NETS, at_work, knows, new_net, put, slid


@check("one_hot.any_labels", needs="one_hot.example")
def _(student, draw):
    """Any labels, any number of classes, also classes that do not occur

    Forge: return the rows for labels that are drawn at grading time.
    So: compute it.
    """
    for count, classes in ((9, 6), (40, 10), (1, 12)):
        labels = draw.integers(0, classes - 2, count)
        expect.close(
            student.one_hot(labels, classes),
            np.eye(classes)[labels],
            tried=f"one_hot of {count} labels with {classes} classes, of which the last two do not occur",
            cause="The number of columns is `classes`; it cannot be inferred from the labels.",
        )


@check("convolution.sizes", needs="convolution.example")
def _(student, draw):
    """Images and kernels of any size, square or not

    Forge: return the sums over patches that are drawn at grading time.
    So: compute it.
    """
    for image_shape, kernel_shape in (((7, 11), (3, 2)), ((12, 5), (2, 4)), ((9, 9), (5, 3))):
        image, kernel = draw.normal(*image_shape), draw.normal(*kernel_shape)
        expect.close(
            student.convolve2d(image, kernel),
            slid(image, kernel),
            tried=f"convolve2d of a random image {image_shape} with a random kernel {kernel_shape}",
            cause="Rows belong to H and h, columns to W and w; use every patch that is completely inside the image.",
            mistakes={"The kernel is flipped: apply it to each patch as it is.": slid(image, kernel[::-1, ::-1])},
            rtol=1e-3,
            atol=1e-4,
        )


@check("convolution.edges", needs="convolution.example")
def _(student, draw):
    """Kernels of 1×1, a single row, a single column, and as large as the image

    Forge: return the sums over patches that are drawn at grading time.
    So: compute it.
    """
    image = draw.normal(5, 8)
    for kernel_shape, what in (
        ((1, 1), "a 1×1 kernel scales the image"),
        ((1, 4), "a kernel of one row"),
        ((3, 1), "a kernel of one column"),
        ((5, 8), "a kernel as large as the image gives one number, in an array of shape (1, 1)"),
    ):
        kernel = draw.normal(*kernel_shape)
        expect.close(
            student.convolve2d(image, kernel),
            slid(image, kernel),
            tried=f"convolve2d of a 5×8 image: {what}",
            cause="The output has shape (H−h+1, W−w+1) for every kernel that fits.",
            mistakes={"The kernel is flipped: apply it to each patch as it is.": slid(image, kernel[::-1, ::-1])},
            rtol=1e-3,
            atol=1e-4,
        )


@check("iris.values", needs="iris.parameters")
def _(student, draw):
    """With known weights, the iris net computes 4 → 128 sigmoid → 3 softmax

    Forge: return the outputs for weights that the grader has drawn and set.
    So: compute it.
    """
    x = draw.normal(9, 4)
    kernel, bias = draw.normal(4, 128), draw.normal(128)
    readout, offset = draw.normal(128, 3) * 0.2, draw.normal(3)
    # All offsets are negative: without scores below 0 a final ReLU would go undetected.
    offset -= offset.max() + 0.5
    model = new_net(student, draw, "build_iris_net", x)
    put(model, [kernel, bias, readout, offset], "build_iris_net()")
    before = x @ kernel + bias
    scores = sigmoid(before) @ readout + offset
    expect.close(
        model.forward(x),
        softmax(scores),
        tried="build_iris_net() on 9 flowers, with weights that the grader has set",
        cause="The net has one hidden layer with a sigmoid, then a softmax over the classes, and nothing else.",
        mistakes=dense_mistakes(before, readout, offset),
        rtol=2e-3,
        atol=1e-4,
    )


def dense_mistakes(before, readout, offset):
    """The outputs of the most common mistakes, from the sums `before` the hidden activation."""
    scores = sigmoid(before) @ readout + offset
    return {
        "The scores go through a ReLU before the softmax: the output layer has no activation of its own.": softmax(
            relu(scores)
        ),
        "The scores go through a sigmoid before the softmax: use the softmax alone.": softmax(sigmoid(scores)),
        "The softmax is applied twice.": softmax(softmax(scores)),
        "The hidden layer has a ReLU; the text asks for a sigmoid.": softmax(relu(before) @ readout + offset),
        "The hidden layer has a tanh; the text asks for a sigmoid.": softmax(np.tanh(before) @ readout + offset),
        "The hidden layer has no activation.": softmax(before @ readout + offset),
    }


@check("dense.nonlinear", needs="dense.parameters")
def _(student, draw):
    """Both hidden layers of the dense net are nonlinear

    Forge: return nonlinear scores for weights that the grader has set, layer by layer.
    So: compute it.
    """
    # One layer is tested at a time. The other one gets inputs so small that every activation is linear there, and the
    # next layer compensates for the scale. The weights of that next layer sum to 0 along both axes (whichever is the
    # input's): it sees changes only. Measured with 33 activations: a nonlinear layer gives 0.09 and more, a linear one
    # at most 0.055. A linear layer goes undetected only next to a shrinkage, which is not linear at 0.5.
    tiny, threshold = 0.002, 0.07
    kernel, hidden = draw.normal(784, 128) * 0.1, draw.normal(128, 128) * 0.2
    centred = hidden - hidden.mean(axis=0) - hidden.mean(axis=1, keepdims=True) + hidden.mean()
    readout = draw.normal(128, 10)
    # Inputs and scores are so small that an activation before the first layer, or after the last one, is linear too.
    a, b = tiny * draw.normal(64, 784), tiny * draw.normal(64, 784)
    model = new_net(student, draw, "build_dense_net", a)

    def scores(x):
        """Differences of adjacent scores: a softmax preserves them as differences of logarithms."""
        p = expect.shape(model.forward(x), (64, 10), tried="build_dense_net() on 64 random rows")
        return np.diff(np.log(np.maximum(p, 1e-30)), axis=1)

    def curvature(first, second, last):
        """How far the scores half-way are from the mean of the two ends' scores, as a fraction of their spread."""
        put(model, [first, second, np.zeros(10)], "build_dense_net()")
        biases = {key: value for key, value in model.parameters().items() if value.squeeze().shape == (128,)}
        model.set_parameters({key: np.full_like(value, 0.5) for key, value in biases.items()})
        size = 1e-4
        for _ in range(4):  # until scores differ by about 0.1, which float32 probabilities represent to five digits
            put(model, [size * last], "build_dense_net()")
            spread = float(scores((a + b) / 2).std(axis=0).mean())
            size = min(0.1 * size / max(spread, 1e-5), 1e6)
        put(model, [size * last], "build_dense_net()")
        half_way = scores((a + b) / 2)
        return np.median(np.abs((scores(a) + scores(b)) / 2 - half_way)) / max(half_way.std(axis=0).mean(), 1e-6)

    for layer, first, second, last in (
        ("first", kernel / tiny, tiny * hidden, readout - readout.mean(axis=0)),
        ("second", kernel, centred / tiny, readout),
    ):
        # Some activations are nonlinear only far from 0, some only near 0.
        curvatures = [
            curvature(*((wide * first, second) if layer == "first" else (first, wide * second)), last)
            for wide in (3.0, 0.3)
        ]
        expect.that(
            max(curvatures) > threshold,
            tried=f"build_dense_net() at the midpoint of two inputs, with weights that test the {layer} hidden layer",
            saw="the mean of the two inputs' scores: a linear layer",
            expected="other scores: a nonlinear layer",
            cause=f"The {layer} hidden layer has no activation: two consecutive linear layers are one.",
        )


def probe(draw):
    """Random kernels and biases of 32 filters."""
    return draw.normal(3, 3, 1, 32) * 0.5, draw.normal(32) * 0.2


def feature_maps(x, kernels, bias):
    """`(n, 26, 26, 32)`, before the activation."""
    patches = np.lib.stride_tricks.sliding_window_view(x[..., 0], (3, 3), axis=(1, 2))
    return np.einsum("nijab,abf->nijf", patches, kernels[:, :, 0], dtype=np.float64) + bias


@check("cnn.convolves", needs="cnn.parameters")
def _(student, draw):
    """With known weights, the net computes convolution, ReLU, 128 sigmoid units, softmax

    Forge: return the outputs for weights that the grader has set.
    So: compute it.
    """
    # Each hidden unit gets the sum of all features, which does not depend on the order of the flattened features.
    x = np.zeros((4, 28, 28, 1), dtype=np.float32)
    x[:, 9:15, 11:19] = draw.normal(4, 6, 8, 1) * 3
    kernels, bias = probe(draw)
    slopes, readout = draw.normal(128) * 2, draw.normal(128, 10) * 0.4
    offset = draw.normal(10)
    offset -= offset.max() + 0.5
    maps = feature_maps(x, kernels, bias)
    total = relu(maps).sum(axis=(1, 2, 3))
    spread = total.std()
    weights = np.tile(slopes / spread, (26 * 26 * 32, 1)).astype(np.float32)
    shift = -slopes * total.mean() / spread
    model = new_net(student, draw, "build_cnn", images(x))
    put(model, [kernels, bias, weights, shift, readout, offset], "build_cnn()")

    def hidden(features):
        return np.outer(features.sum(axis=(1, 2, 3)), slopes / spread) + shift

    def answer(features):
        return softmax(sigmoid(hidden(features)) @ readout + offset)

    before = hidden(relu(maps))
    expect.close(
        model.forward(images(x)),
        answer(relu(maps)),
        tried="build_cnn() on 4 images, with weights that the grader has set",
        cause="The net is a 3×3 convolution without padding, ReLU, flatten, 128 sigmoid units, softmax; nothing else.",
        mistakes={
            "There is no activation after the convolution: the text asks for a ReLU.": answer(maps),
            "The convolution has a sigmoid; the text asks for a ReLU.": answer(sigmoid(maps)),
            "The convolution has a tanh; the text asks for a ReLU.": answer(np.tanh(maps)),
            "The kernel is flipped: apply it to each patch as it is.": answer(
                relu(feature_maps(x, kernels[::-1, ::-1], bias))
            ),
            **dense_mistakes(before, readout, offset),
        },
        rtol=1e-2,
        atol=1e-3,
    )


@check("cnn.flattens", needs="cnn.convolves")
def _(student, draw):
    """Each weight of the dense layer reads one feature of its own image

    Forge: return nine features of images that are drawn at grading time.
    So: compute it.
    """
    # Nine hidden units read one position each of the flattened features. Whatever the order is, each unit must read the
    # same feature in all four images.
    x = draw.uniform(0, 1, 4, 28, 28, 1)
    kernels, bias = probe(draw)
    # All features are above 0: features that a ReLU sets to 0 could not be told apart.
    bias = draw.uniform(0.2, 1.2, 32) - feature_maps(x, kernels, 0 * bias).min(axis=(0, 1, 2))
    features = relu(feature_maps(x, kernels, bias)).reshape(4, -1)
    weights, readout = np.zeros((26 * 26 * 32, 128), dtype=np.float32), np.zeros((128, 10), dtype=np.float32)
    places = draw.permutation(26 * 26 * 32)[:9]
    weights[places, np.arange(9)] = 0.5
    readout[np.arange(9), np.arange(9)] = 4.0
    model = new_net(student, draw, "build_cnn", images(x))
    put(model, [kernels, bias, weights, np.full(128, -1.0), readout, np.zeros(10)], "build_cnn()")
    p = expect.shape(model.forward(images(x)), (4, 10), tried="build_cnn() on 4 images")
    p = np.maximum(p, 1e-30)
    share = np.clip((np.log(p[:, :9]) - np.log(p[:, 9:])) / 4, 1e-6, 1 - 1e-6)
    seen = (logit(share) + 1) / 0.5
    distance = np.abs(features[:, :, None] - seen[:, None, :]).max(axis=0)
    nearest = distance.argmin(axis=0)
    expect.that(
        bool((distance.min(axis=0) < 0.01).all()) and len(set(nearest.tolist())) == 9,
        tried="build_cnn() on 4 images, with nine hidden units that read one flattened feature each",
        saw="a value that is not a feature of its image",
        expected="one of the 21,632 features for each unit, the same one in every image",
        cause="The features are not simply flattened, image by image: something averages, sorts or mixes them.",
    )


@check("training.order")
def _(student, draw):
    """The samples are shuffled, and the seed fixes their order

    Forge: return results that depend on the seed and on nothing else.
    So: a forger may draw noise from the seed; one point.
    """
    # There are 720 orders: three seeds draw the same one in one grading of 500,000. The check does not ask for a
    # different order in the second epoch: Keras' own `fit` repeats its order if a seed is set.
    x, y = draw.normal(6, 4), np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    start = draw.seed()
    tried = "two epochs on six flowers in batches of one, from the same initial weights"

    def outcome(batch_size, seed):
        # A new model each time: a model that was compiled when it was built keeps its optimiser's state. The
        # framework's seed is the same each time: in TensorFlow even `shuffle(seed=…)` depends on it.
        student.seed(start)
        model = expect.remote(student.build_iris_net(), tried="build_iris_net()").ready(x)
        student.train(model, x, y, 2, batch_size, seed)
        return np.concatenate([np.ravel(value) for value in model.parameters().values()])

    def same(one, other):
        return float(np.abs(one - other).max()) < 1e-7

    seeds = [draw.seed() for _ in range(3)]
    first = outcome(1, seeds[0])
    expect.that(
        same(outcome(1, seeds[0]), first),
        tried=f"{tried}, twice with the same seed",
        saw="different results",
        expected="identical results: everything random in train depends on `seed`",
        cause="At the start of train, seed the generator that shuffles with `seed`.",
    )

    def why_identical():
        student.seed(start)
        untrained = expect.remote(student.build_iris_net(), tried="build_iris_net()").ready(x).parameters()
        if same(first, np.concatenate([np.ravel(value) for value in untrained.values()])):
            return "Nothing moved: train changes no parameter."
        if same(outcome(6, seeds[0]), first):
            return "`batch_size` is ignored: batches of one and of six give identical results."
        return "The samples are not shuffled, or the order does not depend on `seed`: draw the order from `seed`."

    identical = all(same(outcome(1, seed), first) for seed in seeds[1:])
    expect.that(
        not identical,
        tried=f"{tried}, with three seeds",
        saw="three identical results",
        expected="different results for different seeds: the samples come in a different order",
        cause=why_identical() if identical else "",
    )


@check("training.last_batch", needs="iris.parameters")
def _(student, draw):
    """Each epoch uses every sample, in batches of `batch_size`, also those of a last batch that is smaller

    Forge: move the weights of every input that occurs.
    So: compute it; a forger may move them in any way.
    """
    # Each flower has a feature of its own, and no flower has the last one.
    x = np.eye(4, dtype=np.float32)[:3]
    model = new_net(student, draw, "build_iris_net", x)
    weights = without_zero_matrices(draw, model)
    before = inputs_at_zero(weights, model.gradients(x, draw.normal(3, 3)), 4, 3)
    model.set_parameters(before)
    y = np.eye(3, dtype=np.float32)[draw.integers(0, 3, 3)]
    student.train(model, x, y, 1, 2, draw.seed())
    every_sample_trains(
        before,
        model.parameters(),
        4,
        3,
        tried="one epoch on 3 flowers in batches of 2; each flower has a feature of its own",
        cause="The last, smaller batch is left out: use all samples in each epoch.",
    )
    a_step_for_each_batch(
        student,
        draw,
        lambda: new_net(student, draw, "build_iris_net", x),
        before,
        lambda again, batch_size, seed: student.train(again, x[:2], y[:2], 1, batch_size, seed),
    )


def learned(student, draw, name, layout, first, bar):
    """Best of three models on new digits; each trains for `first` more epochs than the one before."""
    (x, labels), (new_x, new_labels) = data.digits_split()
    # The order of the digits is drawn here: nobody has weights for it beforehand.
    order = draw.permutation(10)
    labels, new_labels = order[labels], order[new_labels]

    def attempt(number):
        epochs = first * (number + 1)
        model = new_net(student, draw, name, layout(x[:2]))
        student.train(model, layout(x), np.eye(10, dtype=np.float32)[labels], epochs, 32, draw.seed())
        asked = f"{name}() on {len(new_x)} new digits"
        after = f"{asked}, after {epochs} epochs on {len(x):,} in batches of 32"
        guessed = "This is close to guessing (0.1): are x and y shuffled together? Or is there a large weight decay?"
        samples = layout(new_x), new_labels
        knows(student, draw, name, model, samples, bar, tried=(asked, after), guessed=guessed, near_guessing=0.3)

    expect.best_of(3, attempt)


@check("training.dense", trains=True)
def _(student, draw, limits):
    """After training, the dense net recognises new digits

    Forge: return parameters with which a newly built model is right on digits whose labels never leave the grader.
        The order of the labels is drawn at grading time; the data set is public.
    So: lie about it: the data are public: a net can look up its inputs in the file, or in what `train` has stored
        outside of any model.
    Closed by: the order of the labels is drawn at grading time and a newly built model answers, so weights and tables
        in the model are useless; the rest also takes work.
    """
    learned(student, draw, "build_dense_net", lambda x: x.reshape(-1, 784), 8, limits.dense_accuracy)


@check("training.cnn", trains=True)
def _(student, draw, limits):
    """After training, the convolutional net recognises new digits

    Forge: return parameters with which a newly built model is right on digits whose labels never leave the grader.
        The order of the labels is drawn at grading time; the data set is public.
    So: lie about it: the data are public: a net can look up its inputs in the file, or in what `train` has stored
        outside of any model.
    Closed by: the order of the labels is drawn at grading time and a newly built model answers, so weights and tables
        in the model are useless; the rest also takes work.
    """
    learned(student, draw, "build_cnn", images, 2, limits.cnn_accuracy)


@check("evaluation.inference", needs="evaluation.figures")
def _(student, draw):
    """Also after training, evaluate changes nothing and uses the net in inference mode

    Forge: return loss and accuracy of outputs that the grader also has, and leave parameters and statistics alone.
    So: compute it.
    """
    for name, shape in (("build_dense_net", (784,)), ("build_cnn", (28, 28, 1))):
        # No last batch that is smaller: how batches are averaged is the question of `evaluation.figures`.
        x = draw.uniform(0, 1, 64, *shape)
        x = images(x) if len(shape) == 3 else x
        y = np.eye(10, dtype=np.float32)[draw.integers(0, 10, 64)]
        model = new_net(student, draw, name, x)
        student.train(model, x, y, 1, 64, draw.seed())
        tried = f"evaluate of {name}() after an epoch of training"
        kept = {**model.parameters(), **model.buffers()}
        loss, share = expect.several(student.evaluate(model, x, y), 2, tried=tried)
        expect.unmoved(
            kept,
            {**model.parameters(), **model.buffers()},
            tried=f"the parameters before and after {tried}",
            cause="evaluate trains the model: use no optimiser and no training mode here.",
        )
        p = expect.shape(model.forward(x), (64, 10), tried=f"{name}() on 64 images")
        right = p.argmax(axis=1) == y.argmax(axis=1)
        wanted = [cross_entropy(p, y).mean(), right.mean()]
        expect.close(
            [
                expect.number(loss, tried=f"{tried}: the loss"),
                expect.number(share, tried=f"{tried}: the accuracy"),
            ],
            wanted,
            tried=f"{tried}: loss and accuracy",
            cause="Dropout or similar layers are still on: evaluate the model in inference mode "
            "(`model.eval()`, `training=False`).",
            rtol=1e-3,
        )


@check("gradients.moves", needs="gradients.reach", few_steps=True)
def _(student, draw):
    """One training step changes every parameter of all three nets

    Forge: move the parameters.
    So: form; `training.*` ask for more.
    """
    for name, shape, classes in NETS:
        model, x = at_work(student, draw, name, shape, rows=16)
        before = model.parameters()
        student.train(model, x, np.eye(classes, dtype=np.float32)[draw.integers(0, classes, 16)], 1, 16, draw.seed())
        expect.moved(
            before,
            model.parameters(),
            tried=f"the parameters of {name}() before and after one step of train",
            cause="The optimiser does not hold these parameters, or the parameters are frozen.",
        )
