# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import sympy
from jaxtyping import Float
from scipy import special, stats

from shared import inference, plots


# %% part="objective"
def objective(
    d: Float[np.ndarray, "..."], a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """What the discriminator gains at one point x: a ln d + b ln(1−d), elementwise, for 0 < d < 1."""
    ### BEGIN SOLUTION
    return a * np.log(d) + b * np.log(1 - d)
    ### END SOLUTION


# %% tags=["demo"]
d = np.linspace(0.005, 0.995, 199)
plots.curves(
    d,
    {f"$A$ = {a}, $B$ = {b}": objective(d, a, b) for a, b in [(0.8, 0.2), (0.5, 0.5), (0.1, 0.4)]},
    xlabel="$d$",
    ylabel=r"$A\,\ln d + B\,\ln(1-d)$",
)
plt.show()


# %% part="derivative"
def objective_derivative(
    d: Float[np.ndarray, "..."], a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """The derivative of `objective` with respect to d, elementwise."""
    ### BEGIN SOLUTION
    return a / d - b / (1 - d)
    ### END SOLUTION


# %% part="symbolic"
def symbolic_optimum() -> str:
    """The d that maximises a ln d + b ln(1−d), as a formula in A and B."""
    ### BEGIN SOLUTION
    a, b, d = sympy.symbols("A B d", positive=True)
    slope = sympy.diff(a * sympy.log(d) + b * sympy.log(1 - d), d)
    [maximiser] = sympy.solve(slope, d)
    return str(maximiser)
    ### END SOLUTION


# %% part="optimum"
def optimal_discriminator(
    p_real: Float[np.ndarray, "..."], p_fake: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """D* at points with densities `p_real` and `p_fake`, elementwise; ½ where both are 0."""
    ### BEGIN SOLUTION
    total = p_real + p_fake
    return np.divide(p_real, total, out=np.full_like(total, 0.5), where=total > 0)
    ### END SOLUTION


# %% part="divergence"
def js_divergence(p: Float[np.ndarray, "k"], q: Float[np.ndarray, "k"]) -> float:
    """The Jensen–Shannon divergence of two discrete distributions, in nats."""
    ### BEGIN SOLUTION
    middle = (p + q) / 2
    return float(special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2
    ### END SOLUTION


def value_at_optimum(p: Float[np.ndarray, "k"], q: Float[np.ndarray, "k"]) -> float:
    """The value of the game at the best D, for real `p` and fake `q`: Σ p ln D* + Σ q ln(1−D*)."""
    ### BEGIN SOLUTION
    real = optimal_discriminator(p, q)
    fake = optimal_discriminator(q, p)  # 1 − D*; a subtraction would round it to 0 where q is tiny
    return float(special.xlogy(p, real).sum() + special.xlogy(q, fake).sum())
    ### END SOLUTION


# %% tags=["demo"]
bins = np.arange(40)
shifts = range(21)
bump = (stats.norm.pdf(bins, 10, 2) / stats.norm.pdf(bins, 10, 2).sum()).astype(np.float32)
plots.curves(
    shifts,
    {
        "value at $D^*$": [float(value_at_optimum(bump, np.roll(bump, shift))) for shift in shifts],
        r"$2\,\mathrm{JSD} - \ln 4$": [
            2 * float(js_divergence(bump, np.roll(bump, shift))) - np.log(4) for shift in shifts
        ],
    },
    xlabel="bins between the real and the fake bump",
    ylabel="nats",
)
plt.show()


# %% part="training"
def train_discriminator(
    real: Float[np.ndarray, "n 1"], fake: Float[np.ndarray, "n 1"], steps: int, seed: int
) -> keras.Model:
    """A network `(n, 1)` → `(n, 1)` after `steps` updates; it returns the probability that x is real."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(32, activation="tanh"),
            keras.layers.Dense(32, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy")
    x = np.concatenate([real, fake])
    y = np.concatenate([np.ones_like(real), np.zeros_like(fake)])
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        batch = rng.integers(len(x), size=512)
        model.train_on_batch(x[batch], y[batch])
    return model
    ### END SOLUTION


# %% tags=["demo"]
rng = np.random.default_rng(0)
real_density, fake_density = stats.norm(-0.5, 0.6), stats.norm(0.8, 1.0)
real, fake = (d.rvs((4000, 1), random_state=rng).astype(np.float32) for d in (real_density, fake_density))
discriminator = train_discriminator(real, fake, steps=800, seed=0)
x = np.linspace(-3, 4, 201, dtype=np.float32)
learned = inference.predict(discriminator, x[:, None])[:, 0]
p_real, p_fake = real_density.pdf(x), fake_density.pdf(x)
plots.two_densities(x, p_real, p_fake, {"$D^*$": optimal_discriminator(p_real, p_fake), "learned": learned})
plt.show()


# %% part="game"
def minmax_game(x0: float, y0: float, rate: float, steps: int) -> Float[np.ndarray, "steps+1 2"]:
    """The path of (x, y), including the start, if x descends and y ascends xy, both at once."""
    ### BEGIN SOLUTION
    path = [(x0, y0)]
    for _ in range(steps):
        x, y = path[-1]
        path.append((x - rate * y, y + rate * x))
    return np.array(path)
    ### END SOLUTION


# %% tags=["demo"]
plots.trajectories({f"rate {rate}": minmax_game(1.0, 0.0, rate, 200) for rate in (0.02, 0.05, 0.1)})
plt.show()


# %% part="gradients"
def generator_gradients(
    d: Float[np.ndarray, "n"],
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """The derivatives of ln(1−D) and −ln D, the generator's two losses, with respect to D's logit, where D says `d`."""
    ### BEGIN SOLUTION
    return -d, d - 1
    ### END SOLUTION


# %% tags=["demo"]
d = np.linspace(0, 1, 101)
saturating, non_saturating = generator_gradients(d)
plots.curves(
    d,
    {r"$\ln(1-D)$": saturating, r"$-\ln D$": non_saturating},
    xlabel="$D(G(z))$",
    ylabel="derivative with respect to the logit",
)
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train_discriminator` with a pretended GPU.
