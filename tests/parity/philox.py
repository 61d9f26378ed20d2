"""Philox 4x32-10 in NumPy, by the rule of runtime/program/Random.h: given tensors that C++ tests and PyTorch make alike."""
import numpy as np

M32 = np.uint64(0xFFFFFFFF)


def mix(x):
    mask = (1 << 64) - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def key(seed, purpose):
    h = 0xCBF29CE484222325
    for c in purpose.encode():
        h = ((h ^ c) * 0x100000001B3) & ((1 << 64) - 1)
    k = mix(seed ^ h)
    return k & 0xFFFFFFFF, k >> 32


def words(seed, purpose, count):
    """One 32-bit word for each of `count` elements."""
    i = np.arange(count, dtype=np.uint64)
    r = i % np.uint64(64)
    c = [(i // np.uint64(64) * np.uint64(16) + r % np.uint64(16)) & M32, np.zeros_like(i), np.zeros_like(i), np.zeros_like(i)]
    k0, k1 = (np.uint64(k) for k in key(seed, purpose))
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ k0, p1 & M32, (p0 >> np.uint64(32)) ^ c[3] ^ k1, p0 & M32]
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & M32, (k1 + np.uint64(0xBB67AE85)) & M32
    return np.choose((r // np.uint64(16)).astype(np.int64), c)


def uniform(seed, purpose, shape):
    """In [0, 1), multiples of 2^-24: exact in single precision."""
    n = int(np.prod(shape, dtype=np.int64))
    return ((words(seed, purpose, n) >> np.uint64(8)).astype(np.float64) * 2.0**-24).reshape(shape)
