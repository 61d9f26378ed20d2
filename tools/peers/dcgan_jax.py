import jax
import jax.numpy as jnp
import optax
from jax import random
from layers_jax import batch_norm, conv, conv_transpose, kernel, leaky_relu, norm

BATCH = 64
UP, DOWN = (100, 512, 256, 128, 64, 3), (3, 64, 128, 256, 512, 1)
optimizer = optax.adam(2e-4, b1=0.5)


def block(key, channels, normed):
    keys = random.split(key, len(channels))
    return {"kernels": [kernel(k, 4, i, o) for k, i, o in zip(keys, channels, channels[1:])], "norms": [norm(c) for c in normed]}


def start(key):
    keys = random.split(key, 4)
    G, D = block(keys[0], UP, UP[1:5]), block(keys[1], DOWN, DOWN[2:5])
    x = random.uniform(keys[2], (BATCH, 64, 64, 3), minval=-1, maxval=1)
    return (G, D, optimizer.init(G), optimizer.init(D), keys[3]), (x,)


def generate(G, z):
    h = conv_transpose(G["kernels"][0], z, 1, 0)
    for weights, n in zip(G["kernels"][1:], G["norms"]):
        h = conv_transpose(weights, jax.nn.relu(batch_norm(n, h)), 2, 1)
    return jnp.tanh(h)


def decide(D, x):
    h = leaky_relu(conv(D["kernels"][0], x, 2, 1), 0.2)
    for weights, n in zip(D["kernels"][1:4], D["norms"]):
        h = leaky_relu(batch_norm(n, conv(weights, h, 2, 1)), 0.2)
    return conv(D["kernels"][4], h, 1, 0)


def loss_d(D, x, fake):
    return -(jax.nn.log_sigmoid(decide(D, x)) + jax.nn.log_sigmoid(-decide(D, fake))).mean()


def step(state, x):
    G, D, moments_g, moments_d, key = state
    key, own = random.split(key)
    fake, back = jax.vjp(lambda G: generate(G, random.normal(own, (BATCH, 1, 1, 100))), G)
    updates, moments_d = optimizer.update(jax.grad(loss_d)(D, x, fake), moments_d)
    D = optax.apply_updates(D, updates)
    (gradient,) = back(jax.grad(lambda fake: -jax.nn.log_sigmoid(decide(D, fake)).mean())(fake))
    updates, moments_g = optimizer.update(gradient, moments_g)
    return optax.apply_updates(G, updates), D, moments_g, moments_d, key
