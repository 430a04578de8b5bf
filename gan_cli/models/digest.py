"""One number that tells a network from every other."""

import hashlib

import keras


def weights_sha256(model: keras.Model) -> str:
    """Of all its weights, in the order of `model.weights`, in hexadecimal."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()
