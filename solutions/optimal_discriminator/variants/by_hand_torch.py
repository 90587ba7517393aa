# Closed-form formulas, masks instead of special functions, lists instead of arrays.
# %%
def symbolic_optimum():
    return "1 / (1 + B * A**-1)"


def optimal_discriminator(p_real, p_fake):
    total = p_real + p_fake
    return np.where(total == 0, 0.5, p_real / np.where(total == 0, 1, total))


def kl_divergence(p, m):
    there = p > 0
    return np.sum(p[there] * np.log(p[there] / m[there]))


def js_divergence(p, q):
    middle = 0.5 * (p + q)
    return 0.5 * kl_divergence(p, middle) + 0.5 * kl_divergence(q, middle)


def value_at_optimum(p, q):
    return 2 * js_divergence(p, q) - np.log(4)


def minmax_game(x0, y0, rate, steps):
    step = np.array([[1, -rate], [rate, 1]])
    return [(np.linalg.matrix_power(step, t) @ [x0, y0]).tolist() for t in range(steps + 1)]


def generator_gradients(d):
    return [list(-d), list(-(1 - d))]
