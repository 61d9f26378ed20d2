"""Layers of the JAX programs: images are (N, H, W, C), as XLA's convolutions on the CPU like them."""
import jax.numpy as jnp
from jax import lax, random


def linear(key, inputs, outputs):
    return {"w": 0.02 * random.normal(key, (inputs, outputs)), "b": jnp.zeros(outputs)}


def dense(p, x):
    return x @ p["w"] + p["b"]


def kernel(key, size, inputs, outputs):
    return 0.02 * random.normal(key, (size, size, inputs, outputs))


def conv(w, x, stride, pad, dilation=1):
    return lax.conv_general_dilated(x, w, (stride, stride), [(pad, pad)] * 2, lhs_dilation=(dilation, dilation), dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv_transpose(w, x, stride, pad):
    return conv(w, x, 1, w.shape[0] - 1 - pad, stride)


def norm(channels):
    return {"scale": jnp.ones(channels), "shift": jnp.zeros(channels)}


def batch_norm(p, x):
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p["scale"] + p["shift"]


def leaky_relu(x, slope):
    return jnp.where(x > 0, x, slope * x)
