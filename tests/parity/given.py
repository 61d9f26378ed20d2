"""Given states and inputs of an iteration, from names, kinds and a seed alone; sketches that stand for whole tensors.

The same rules are in tests/oracles, so that golden values need no large files and no Python to be used.
"""
import numpy as np
import philox

SKETCH = 32  # random signs: the length of a sketch is the length of the tensor within some 15 %


def f32(x):
    return x.astype(np.float32).astype(np.float64)


def state_value(name, shape, role, step, seed):
    """Parameters and moments as they might stand after a few steps."""
    u = philox.uniform(seed, "given." + name, shape)
    if name.endswith(".step") or name.endswith("num_batches_tracked"):
        return np.full(shape, float(step))
    if name.endswith(("exp_avg_sq", "square_avg", ".sum")):
        return f32(1e-6 + 1e-5 * u)
    if name.endswith(("exp_avg", "momentum_buffer")):
        return f32(2e-3 * (u - 0.5))
    if name.endswith(("running_var", "cluster_size")):
        return f32(0.5 + u)
    if role == "parameter" and len(shape) > 1:
        return f32((u - 0.5) * 2 / np.sqrt(np.prod(shape[1:])))
    return f32(0.2 * (u - 0.5))


def input_value(name, shape, kind, lo, hi, seed):
    u = philox.uniform(seed, "given." + name, shape)
    if kind == "stream":
        return np.floor(2 * u)
    if kind == "mask":
        return (u < 0.5).astype(np.float64)
    if kind in ("label", "categorical"):
        index = np.floor(u[:, 0] * shape[1]).astype(np.int64)
        return np.eye(shape[1])[index]
    if kind == "normal":
        return f32((u - 0.5) * 3)
    return f32(lo + (hi - lo) * u)


signs_made = np.zeros(0, np.uint64)


def sketch(values, seed=7):
    """Projections on random signs: bit k of an element's word is its sign in the k-th."""
    global signs_made
    flat = np.asarray(values, dtype=np.float64).ravel()
    if signs_made.size < flat.size:
        signs_made = philox.words(seed, "sketch", flat.size)
    words = signs_made[: flat.size]
    return [float(flat @ (((words >> np.uint64(k)) & np.uint64(1)) * 2.0 - 1.0)) / np.sqrt(SKETCH) for k in range(SKETCH)]
