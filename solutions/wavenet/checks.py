"""Hidden checks of `wavenet`."""

import numpy as np
from scipy.stats import binom, norm

from autograder import check, expect
from autograder.authoring.probes.descent import (
    Ways,
    cross_entropy_pulls,
    slopes_in_both_modes,
    trains_downhill,
)
from autograder.authoring.probes.functions import one_hot, sigmoid
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import change, flat
from autograder.authoring.probes.settles import settles
from autograder.authoring.probes.training import ends_of_one_seed
from autograder.authoring.student import tensor

from .probes import ZERO, distributions, effects, loud_weights, new_wavenet, next_sample


@check("mu_law.any")
def _(student, draw):
    """Random amplitudes, other values of mu, arrays of any shape

    Forge: codes of amplitudes drawn now.
    So: compute it.
    """
    for mu, shape in [(255, (3, 40)), (15, (60,)), (1000, (2, 3, 5))]:
        x = draw.uniform(-1, 1, *shape) ** 3
        # Where two codes are almost equally near, either is right: move these amplitudes to the middle of a code.
        unsure = np.abs(companded(x, mu) % 1 - 0.5) < 0.02
        x = np.where(unsure, values_of(codes_of(x, mu), mu), x).astype(np.float32)
        right = codes_of(x, mu)
        expect.equal(
            student.mu_law(x, mu),
            right,
            tried=f"mu_law of random amplitudes of shape {shape}, mu={mu}",
            cause="The code is round((sign(x)·ln(1 + mu·|x|)/ln(1 + mu) + 1)/2 · mu), for each entry.",
            mistakes={
                "You ignore `mu`.": codes_of(x, 255),
                "You cut off the fraction: round to the nearest code.": np.floor(companded(x, mu)),
                "The steps depend on the largest amplitude: do not scale x by its maximum.": codes_of(
                    x / np.abs(x).max(), mu
                ),
            },
        )


@check("mu_law.round_trip")
def _(student, draw):
    """All codes come back; amplitudes come back within half a step

    Forge: a pair of functions that undo each other, one of which is checked on its own.
    So: compute it.
    """
    for mu in (255, 31):
        codes = np.arange(mu + 1)
        values = expect.close(
            student.inverse_mu_law(codes, mu),
            values_of(codes, mu),
            tried=f"inverse_mu_law of all codes, mu={mu}",
            cause="With y = 2·code/mu − 1, the amplitude is sign(y)·((1 + mu)^|y| − 1)/mu.",
            mistakes={"You ignore `mu`.": values_of(codes, 255)},
        )
        expect.equal(
            student.mu_law(values.astype(np.float32), mu),
            codes,
            tried=f"mu_law(inverse_mu_law(codes, {mu}), {mu}) of all codes",
            cause="Round to the nearest code: a value that stands for a code must get this code again.",
        )
        x = draw.uniform(-1, 1, 200)
        back = student.inverse_mu_law(student.mu_law(x, mu), mu)
        back = expect.shape(back, x.shape, tried="inverse_mu_law(mu_law(x))", cause="Keep the shape of x.")
        expect.at_most(
            np.abs(companded(back, mu) - companded(x, mu)).max(),
            0.51,  # half a step, and what float32 rounds
            what="a distance in steps",
            tried=f"inverse_mu_law(mu_law(x, {mu}), {mu}) of 200 amplitudes, against x",
            cause="Round to the nearest code, and let `inverse_mu_law` undo the rest.",
        )


@check("convolution.random")
def _(student, draw):
    """Random sequences and kernels, with all sizes different

    Forge: sums for sequences and kernels drawn now.
    So: compute it.
    """
    for length, channels, taps, outputs, dilation in [(11, 3, 2, 4, 3), (13, 2, 4, 5, 2), (9, 4, 3, 2, 1)]:
        x, kernel = draw.normal(length, channels), draw.normal(taps, channels, outputs)
        behind = (taps - 1) * dilation
        half = behind // 2
        future = convolved(np.concatenate([x, np.zeros((behind, channels))]), kernel, dilation)
        expect.close(
            student.causal_convolution(x, kernel, dilation),
            convolved(x, kernel, dilation),
            tried=f"causal_convolution, x {length}×{channels}, kernel {taps}×{channels}×{outputs}, dilation {dilation}",
            cause="y_t = Σ_k x_{t−(K−1−k)·dilation} kernel[k], with zeros before the start.",
            mistakes={
                "The kernel is flipped: its last tap belongs to the newest sample.": convolved(
                    x, kernel[::-1], dilation
                ),
                "You ignore the dilation: the taps are `dilation` steps apart.": convolved(x, kernel, 1),
                "The output looks into the future: pad in front only.": future[behind:],
                "The padding is half in front and half behind, so the output looks into the future.": future[
                    half : half + length
                ],
                "The outputs before the kernel fits are missing: the samples before the start are 0.": convolved(
                    x, kernel, dilation
                )[behind:],
                "The output lags behind by one: row t must contain x[t] itself.": np.vstack(
                    [np.zeros((1, outputs)), convolved(x, kernel, dilation)[:-1]]
                ),
            },
        )


@check("convolution.edges")
def _(student, draw):
    """A single tap, a dilation longer than the sequence, a sequence of one sample

    Forge: sums for sequences and kernels drawn now.
    So: compute it.
    """
    for length, taps, dilation in [(5, 1, 3), (5, 2, 7), (6, 3, 4), (1, 2, 1)]:
        x, kernel = draw.normal(length, 3), draw.normal(taps, 3, 2)
        with expect.blame("A tap may lie before the start for all rows: then it adds nothing."):
            answer = student.causal_convolution(x, kernel, dilation)
        expect.close(
            answer,
            convolved(x, kernel, dilation),
            tried=f"causal_convolution of {length} samples with {taps} taps and dilation {dilation}",
            cause="The result has one row for each sample; taps that lie before the start add nothing.",
        )


@check("receptive_field.any")
def _(student, draw):
    """Kernels of one to five taps and any dilations, in any order

    Forge: numbers for stacks drawn now.
    So: compute it.
    """
    asked = [(1, [1, 2, 4]), *((taps, draw.integers(1, 20, taps).tolist()) for taps in (2, 3, 4, 5))]
    for taps, dilations in asked:
        right = 1 + (taps - 1) * sum(dilations)
        reach = student.receptive_field(taps, dilations)
        expect.equal(
            reach,
            right,
            tried=f"receptive_field({taps}, {dilations})",
            cause="1 + (K − 1)·Σ dilations, for any number of layers.",
            mistakes={
                "Use the dilations that are given: they need not be powers of 2.": 1
                + (taps - 1) * (2 ** len(dilations) - 1),
                "Count the newest sample too: 1 + (K − 1)·Σ dilations.": right - 1,
                "A layer adds (K − 1)·dilation samples, not K·dilation.": 1 + taps * sum(dilations),
            },
        )


@check("gate.slopes")
def _(student, draw):
    """Both slopes, in float64: (1 − tanh²a)·σ(b) and tanh(a)·σ(b)(1 − σ(b))

    Forge: slopes at points drawn now.
    So: compute it.
    """
    a, b, weights = (draw.rng.normal(size=(3, 5)) for _ in range(3))
    wanted = (
        weights * (1 - np.tanh(a) ** 2) * sigmoid(b),
        weights * np.tanh(a) * sigmoid(b) * sigmoid(-b),
    )
    for place, name in enumerate("ab"):
        tried = f"the gradient of gated(a, b) in {name}, for float64 tensors"
        found = student.gradient("gated", tensor(a), tensor(b), wrt=place, cotangent=weights)
        expect.that(
            found is not None,
            tried=tried,
            saw="no gradient",
            expected="a gradient, as training needs it",
            cause="Use the framework's own functions, not NumPy, and detach nothing.",
        )
        # float32 rounds to 6e-8, float64 to 1e-16.
        expect.close(
            found,
            wanted[place],
            rtol=1e-9,
            atol=1e-10,
            tried=tried,
            cause="Keep the dtype of the tensors, and let gradients pass through both factors.",
        )


@check("model.reach")
def _(student, draw):
    """Each output depends on inputs as far back as the receptive field says, at every dilation, and no farther

    Forge: with weights that the grader has set, outputs that depend on the right samples and on no other.
    So: form; a forger needs any such function. `training.waves` asks what the outputs are worth.
    """
    # Dilations that are not doubled or in order: then some samples in between are skipped.
    for kernel_size, dilations in [(2, [1, 2, 4]), (3, [3, 1]), (2, [5, 1])]:
        classes, behind = 5, (kernel_size - 1) * sum(dilations)
        delays = {0}
        for dilation in dilations:
            delays = {delay + tap * dilation for delay in delays for tap in range(kernel_size)}
        length = behind + 4
        model = new_wavenet(student, draw, classes, 6, kernel_size, dilations)
        tried = f"build_model({classes}, 6, {kernel_size}, {dilations}), one sample changed; the receptive field is "
        tried += f"{behind + 1}"
        strongest = np.zeros(length)
        # For some weights a gate is closed so tightly that a sample far back leaves no trace.
        for gain in (2, 2.5, 3, 2):
            model.set_parameters(loud_weights(draw, model, gain))
            found = effects(model, draw, classes, length, tried)
            by_delay = [max(found[i, i + delay] for i in range(length - delay)) for delay in range(length)]
            strongest = np.maximum(strongest, by_delay)
            expect_no_gradient_from_the_future(model, draw, classes, length, tried)
            if delays <= set(np.flatnonzero(strongest > ZERO).tolist()):
                break
        heard = set(np.flatnonzero(strongest > ZERO).tolist())
        far, missing, extra = max(heard, default=0), delays - heard, heard - delays
        expect.that(
            far <= behind,
            tried=tried,
            saw=f"outputs that depend on a sample {far} steps earlier",
            expected=f"no influence beyond {behind} steps",
            cause="Something else works along the time axis: everything outside the dilated layers must be 1×1, and no "
            "normalisation may run over time.",
        )
        likely = "Each layer must have the dilation that it is given, and all layers must lead to the output."
        if far == (kernel_size - 1) * len(dilations):
            likely = "The layers are not dilated: pass each one its dilation."
        elif far == (kernel_size - 1) * (2 ** len(dilations) - 1):
            likely = "The dilations are 1, 2, 4, …, whatever is given: use those of `dilations`."
        elif far == (kernel_size - 1) * max(dilations):
            likely = "Each layer reads the input: it must read what the layer before passes on."
        expect.that(
            not missing,
            tried=tried,
            saw=f"no influence from {', '.join(map(str, sorted(missing)))} steps earlier",
            expected=f"outputs that depend on samples up to {behind} steps earlier",
            cause=likely,
        )
        expect.that(
            not extra,
            tried=tried,
            saw=f"outputs that depend on a sample {min(extra, default=0)} steps earlier",
            expected=f"only {', '.join(map(str, sorted(delays)))} steps earlier: the taps of a layer are spread out",
            cause="A layer must have K taps that are `dilation` steps apart, not a kernel that covers all steps.",
        )


@check("model.rows")
def _(student, draw):
    """The output for a sequence does not depend on the other sequences of the batch

    Forge: the same output for the same sequence.
    So: form.
    """
    classes, length = 5, 9
    model = new_wavenet(student, draw, classes, 6, 2, [1, 2], gain=2)
    codes = draw.integers(0, classes, 4, length)
    tried = f"build_model({classes}, 6, 2, [1, 2]) on a sequence among three others"
    # Random weights may close all ReLUs before the output, for every input: then others are drawn.
    for _ in range(5):
        usual = next_sample(model, codes, classes, tried)
        if np.abs(usual[1] - usual[2]).max() > 1e-3:
            break
        model.set_parameters(loud_weights(draw, model, 2))
    expect.differ(
        usual[1],
        usual[2],
        tried=f"{tried}: two different sequences",
        cause="The output does not depend on the input.",
        by=1e-4,
    )
    others = draw.integers(0, classes, 4, length)
    others[2] = codes[2]
    for batch, place, what in [(others, 2, "other sequences around it"), (codes[2:3], 0, "no other sequence")]:
        expect.close(
            next_sample(model, batch, classes, tried)[place],
            usual[2],
            tried=f"{tried}, and with {what}",
            expected="the same output for the same sequence",
            cause="The sequences of a batch mix: batches come first, and nothing may run over the batch.",
        )
    in_training = [
        [next_sample(model, batch, classes, f"{tried}, in training mode", training=True) for _ in range(3)]
        for batch in (codes, codes[2:3])
    ]
    (one, *_), (alone, *_) = in_training
    # With dropout, outputs in training mode change from call to call, and there is nothing to compare. A small dropout
    # may drop nothing in a call or two.
    if all(np.array_equal(first, other) for first, *others in in_training for other in others):
        expect.close(
            alone[0],
            one[2],
            tried=f"{tried}, and with no other sequence, in training mode",
            expected="the same output for the same sequence",
            cause="Batch normalisation mixes the sequences of a batch, and samples with later ones. Normalise each "
            "step by itself: layer normalisation does.",
        )


@check("training.repeatable", trains=True)
def _(student, draw):
    """The same starting weights and the same seed lead to the same trained weights

    Forge: identical parameters.
    So: form.
    """
    classes = 5
    codes = draw.integers(0, classes, 20, 6)
    start = None

    def trained(global_seed, seed):
        nonlocal start
        model = new_wavenet(student, draw, classes, 6, 2, [1])
        start = start or model.parameters()
        take_over(model, start)
        student.seed(global_seed)
        student.train(model, codes, classes, epochs=2, batch_size=6, seed=seed)
        return flat(model.parameters())

    ends = ends_of_one_seed(trained, draw, rtol=0, atol=1e-6)
    expect.differ(
        ends[0],
        flat(start or {}),
        tried="the weights before and after train",
        cause="Train the given model: does the optimiser hold its parameters and step?",
        by=0,
    )
    expect.close(
        *ends,
        rtol=0,
        atol=1e-6,
        tried="train twice from the same weights with the same seed",
        expected="the same weights both times",
        cause="The random numbers in `train` are not fixed by `seed`: seed the generator first.",
    )


@check("training.own_gradients", needs="training.one_batch", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: a bias that comes to rest at the best value for the codes; one step against the gradient of the cross-entropy
        in every array of parameters, by the worker's own autodiff.
    So: compute it; a forger who gives every array its right direction has derived the gradient.
    """
    classes = 6
    # At each step of the sequences, every code occurs once: the codes pull in all directions equally.
    codes = (np.arange(classes)[:, None] + np.arange(5)) % classes
    settles(
        lambda: new_wavenet(student, draw, classes, 8, 2, [1]),
        lambda model, steps: student.train(model, codes, classes, epochs=steps, batch_size=classes, seed=draw.seed()),
        [1, -1] * (classes // 2),
        tried="train on one batch in which every code occurs equally often",
        example=one_hot(codes, classes),
    )
    model = new_wavenet(student, draw, classes, 8, 2, [1, 2], gain=1)
    codes = draw.integers(0, classes, 40, 7)
    before, seen, targets = model.parameters(), one_hot(codes[:, :-1], classes), one_hot(codes[:, 1:], classes)
    ways = Ways([])
    for first in range(4):
        # A program may leave out the first positions of a sequence.
        counted = (np.arange(6) >= first)[:, None]
        ways += slopes_in_both_modes(model, seen, cross_entropy_pulls(targets * counted))

    def moved_in(epochs):
        model.set_parameters(before)
        student.train(model, codes, classes, epochs=epochs, batch_size=40, seed=draw.seed())
        return change(before, model.parameters())

    trains_downhill(
        student,
        moved_in,
        ways,
        tried="train on one batch of 40 random sequences, against the gradient of the cross-entropy",
        cause="A step must go against the gradient of the cross-entropy in every layer: no other search, no table.",
    )


@check("generation.temperature")
def _(student, draw):
    """Below 1 the most likely sample comes more often than its probability says, above 1 less often

    Forge: draws whose frequencies fit the probabilities of a model with weights set by the grader.
    So: compute it.
    """
    classes = 5
    runs = []
    for temperature, n in [(0.4, 140), (4.0, 110)]:
        model = new_wavenet(student, draw, classes, 6, 2, [1])
        model.set_parameters(telling_weights(model, draw, classes, temperature, n))
        start = draw.integers(0, classes, 3)
        written = samples(student, draw, model, start, n, classes, temperature, draw.seed())
        # The model sees two samples back, so that windows of three give what the whole sequence gives.
        windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([start, written])[:-1], 3)
        p = distributions(model, windows, classes, "the model on what `generate` wrote")[:, -1]
        runs.append((temperature, p.astype(np.float64), written == p.argmax(axis=1)))

    def surprise(weights):
        """For each run, how far the hits are from their expectation, in standard deviations, if `weights` are drawn."""
        found = []
        for temperature, p, hits in runs:
            share = normalised(weights(p, temperature))[np.arange(len(p)), p.argmax(axis=1)]
            # At least half a sample, so that a share of 1 is no division by zero.
            deviation = max(np.sqrt((share * (1 - share)).sum()), 0.5)
            found.append((hits.sum() - share.sum()) / deviation)
        return np.array(found)

    found = surprise(as_asked)
    # One right program in 100,000 is further away: the sum of many draws is close to normal.
    allowed = norm.isf(1e-5 / 4)
    worst = int(np.abs(found).argmax())
    temperature, p, hits = runs[worst]
    share = normalised(as_asked(p, temperature)).max(axis=1).sum()
    distances = {sentence: np.abs(surprise(weights)).max() for sentence, weights in OTHERWISE.items()}
    nearest = min(distances, key=distances.get)
    expect.that(
        bool(np.abs(found).max() <= allowed),
        tried=f"generate {len(hits)} samples at temperature {temperature:g}, with random weights",
        saw=f"the most likely sample {hits.sum()} times",
        expected=f"about {share:.0f} times, from p^(1/T) over its sum",
        cause=nearest
        if distances[nearest] <= 4
        else "Draw each sample independently with p^(1/T) over its sum, the softmax of ln p / T, and with dropout "
        "switched off.",
    )


@check("generation.seed")
def _(student, draw):
    """The draws are independent of each other and fixed by `seed`; without `temperature`, it is 1

    Forge: independent draws that are fixed by the seed.
    So: compute it.
    """
    n, classes, seed = 40, 5, draw.seed()
    # Weights close to 0 make all samples almost equally likely.
    model = new_wavenet(student, draw, classes, 6, 2, [1], gain=1e-3)
    start = draw.integers(0, classes, 3)
    tried = f"generate {n} samples at temperature 1, with five equally likely codes"

    def write(own_seed):
        return samples(student, draw, model, start, n, classes, 1.0, own_seed).tolist()

    first = write(seed)
    repeats = sum(a == b for a, b in zip(first[1:], first[:-1], strict=True))
    expect.that(
        repeats <= binom.ppf(1 - 1e-7, n - 1, 1 / classes),
        tried=tried,
        saw=f"the same sample as just before, {repeats} times",
        expected=f"about {(n - 1) / classes:.0f} times",
        cause="You seed the generator for each draw; seed it once, before the first sample.",
    )
    expect.equal(
        write(seed),
        first,
        tried=f"{tried}, twice with the same seed",
        cause="The draws are not fixed by `seed`: create a generator from `seed` and draw from it.",
    )
    expect.that(
        write((seed + 1) % 2**31) != first,
        tried=f"{tried}, with two different seeds",
        saw="the same samples",
        expected="two different sequences",
        cause="`seed` has no effect: create a generator from `seed` and draw from it.",
    )
    # Of codes with different probabilities, another temperature draws others from the same seed.
    model, few = new_wavenet(student, draw, classes, 6, 2, [1], gain=1), n // 2
    expect.equal(
        student.generate(model, start, few, classes, seed=seed),
        samples(student, draw, model, start, few, classes, 1.0, seed),
        tried=f"generate {few} samples without `temperature`, and with temperature=1.0 and the same seed",
        cause="Without `temperature`, it is 1: write `temperature: float = 1.0` into the definition.",
    )


# Shared by the checks above.


def expect_no_gradient_from_the_future(model, draw, classes, length, tried):
    """The gradient of an output in later inputs is 0.

    A model that reads its input with argmax has no gradient at all: `effects` has judged it by changed samples.
    """
    t = length - 3
    cotangent = np.zeros((1, length, classes), dtype=np.float32)
    cotangent[0, t] = draw.normal(classes)
    slopes = model.input_gradient(one_hot(draw.integers(0, classes, 1, length), classes), cotangent)
    if slopes is not None:
        found = np.abs(expect.shape(slopes, cotangent.shape, tried=tried))[0].max(axis=-1)
        expect.that(
            bool(found[t + 1 :].max() <= 1e-6 * found.max()),
            tried=f"{tried}; the gradient of an output in the inputs after it",
            saw=f"slopes of up to {found[t + 1 :].max():.2g}",
            expected="exactly 0",
            cause="A layer looks into the future: pad with (K − 1)·dilation zeros in front only.",
        )


def telling_weights(model, draw, classes, temperature, n):
    """Weights for which `n` samples best tell right draws from wrong ones. The model sees two samples back."""
    pairs = np.stack(np.indices((classes, classes)), axis=-1).reshape(-1, 2)
    best = -1.0, {}
    wrong = [
        weights
        for weights in OTHERWISE.values()
        if (weights(EXAMPLE, temperature) != as_asked(EXAMPLE, temperature)).any()
    ]
    for _ in range(3):
        weights = loud_weights(draw, model, 1.0)
        for gain in np.geomspace(0.7, 15, 8):
            candidate = {name: gain * value for name, value in weights.items()}
            model.set_parameters(candidate)
            p = distributions(model, pairs, classes, "the model on all pairs of codes")[:, -1].astype(np.float64)
            p = p.reshape(classes, classes, classes)
            right = normalised(as_asked(p, temperature))
            told = min(apart(p, right, normalised(weights(p, temperature)), n) for weights in wrong)
            best = max(best, (told, candidate), key=lambda each: each[0])
    return best[1]


def apart(p, right, other, n):
    """How many standard deviations lie between the hits of `n` samples drawn with `other`, and those due with `right`.

    Both are distributions of the next code after each pair, `(classes, classes, classes)`. The most likely is a hit.
    """
    places = np.full(p.shape[:2], 1 / p.shape[0] ** 2)
    visited = np.zeros_like(places)
    for _ in range(30):
        places = np.einsum("ab,abc->bc", places, other)
        visited += places / 30
    likeliest = p.argmax(axis=-1)[..., None]
    due, seen = (np.take_along_axis(each, likeliest, axis=-1)[..., 0] for each in (right, other))
    deviation = np.sqrt((visited * due * (1 - due)).sum() / n)
    return abs((visited * (seen - due)).sum()) / max(deviation, 0.5 / n)


def normalised(weights):
    return weights / weights.sum(axis=-1, keepdims=True)


def as_asked(p, T):
    return p ** (1 / T)


def certain(p):
    return (p == p.max(axis=-1, keepdims=True)) * 1.0


EXAMPLE = np.array([[0.5, 0.3, 0.2]])
OTHERWISE = {
    "You take the most likely sample at every temperature; above 0, draw it.": lambda p, T: certain(p),
    "You take the most likely sample at low temperatures too; above 0, draw it.": lambda p, T: (
        certain(p) if T < 1 else as_asked(p, T)
    ),
    "You draw with p itself: the temperature has no effect.": lambda p, T: p,
    "You multiply ln p by T; divide by T.": lambda p, T: p**T,
    "You take the softmax of p/T; take it of ln p / T.": lambda p, T: np.exp(p / T),
    "You draw all samples with equal probability.": lambda p, T: np.ones_like(p),
}
"""Wrong draws: a likely cause → the weights of the codes, for probabilities p at temperature T."""


def samples(student, draw, model, start, n, classes, temperature, seed):
    """What `generate` writes, `(n,)`; the state of the worker's own generators must not matter."""
    student.seed(draw.seed())
    written = student.generate(model, start, n, classes, temperature=temperature, seed=seed)
    tried = f"generate {n} samples at temperature {temperature:g}"
    cause = "Return only the new samples, without `start`."
    codes = expect.shape(written, (n,), tried=tried, cause=cause)
    cause = "`generate` returns codes: integers from 0 to classes − 1."
    expect.equal(codes, codes.astype(np.int64), tried=tried, cause=cause)
    return expect.between(codes, 0, classes - 1, tried=tried, cause=cause, what="codes").astype(np.int64)


def companded(x, mu):
    """The μ-law before rounding: numbers from 0 to mu."""
    return (np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu) + 1) / 2 * mu


def codes_of(x, mu):
    return np.rint(companded(np.asarray(x, dtype=np.float64), mu)).astype(np.int64)


def values_of(codes, mu):
    """The inverse of the μ-law."""
    compressed = 2 * np.asarray(codes) / mu - 1
    return np.sign(compressed) * ((1 + mu) ** np.abs(compressed) - 1) / mu


def convolved(x, kernel, dilation):
    """The sum of the contract, step by step."""
    taps = len(kernel)
    y = np.zeros((len(x), kernel.shape[2]))
    for t in range(len(x)):
        for k in range(taps):
            before = t - (taps - 1 - k) * dilation
            if before >= 0:
                y[t] += x[before] @ kernel[k]
    return y
