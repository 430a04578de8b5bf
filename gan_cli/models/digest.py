"""The digest of a network's weights."""

import hashlib

import keras


def weights_sha256(model: keras.Model) -> str:
    """Returns the SHA-256 of all weights, in the order of `model.weights`, in hexadecimal."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()
