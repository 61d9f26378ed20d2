import jax
import jax.numpy as jnp
import optax
from jax import random
from layers_jax import dense, linear

BATCH = 128
optimizer = optax.adam(1e-3)


def start(key):
    keys = random.split(key, 6)
    parameters = [linear(k, i, o) for k, i, o in zip(keys, (784, 400, 20, 400), (400, 40, 400, 784))]
    return (parameters, optimizer.init(parameters), keys[4]), (random.uniform(keys[5], (BATCH, 784)),)


def loss(parameters, x, noise):
    mean, logvar = jnp.split(dense(parameters[1], jax.nn.relu(dense(parameters[0], x))), 2, axis=1)
    logits = dense(parameters[3], jax.nn.relu(dense(parameters[2], mean + noise * jnp.exp(0.5 * logvar))))
    bce = optax.sigmoid_binary_cross_entropy(logits, x).sum()
    return (bce - 0.5 * (1 + logvar - mean**2 - jnp.exp(logvar)).sum()) / BATCH


def step(state, x):
    parameters, moments, key = state
    key, own = random.split(key)
    updates, moments = optimizer.update(jax.grad(loss)(parameters, x, random.normal(own, (BATCH, 20))), moments)
    return optax.apply_updates(parameters, updates), moments, key
