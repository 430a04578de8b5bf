"""Generators whose labels stand for mixtures of classes."""

import numpy as np

from gan_cli.assembly.networks import build_network
from gan_cli.errors import UserError
from gan_cli.models.contract import has_styles
from gan_cli.models.truncation import truncated
from gan_cli.sampling.generate import Sampler
from gan_cli.studio.studio import Studio
from gan_cli.training.precision import dtype_policy


def class_mixer(studio: Studio, shares: np.ndarray, truncation: float | None = None) -> Sampler:
    """Builds a sampler whose labels are mixtures of classes.

    A generator keeps what it knows about a class in rows of tables: of an embedding, or of the
    scales and shifts of a conditional normalisation. A mixture of rows lies between the classes; a
    mixture of one class alone is that class's own row.

    Args:
      shares: float [mixtures, num_classes], rows of sum 1: what labels 0, 1, ... stand for.
      truncation: factor of the styles' distance from their mean, where the generator has styles.

    Raises:
      UserError: the generator is unconditional, or keeps classes in another way.
    """
    loaded = studio.loaded
    if not loaded.num_classes:
        raise UserError(
            f"'classes' is for conditional runs; {studio.run.path} was trained without classes",
            key="kind",
        )
    # Another number of rows than there are classes, so that a table is known by its shape.
    unused = int(len(shares) == loaded.num_classes)
    with dtype_policy("float32"):
        mixed = build_network(loaded.config, "generator", len(shares) + unused)
    weights = []
    for own, weight in zip(mixed.weights, loaded.generator.get_weights(), strict=True):
        if tuple(own.shape) != weight.shape:
            if weight.shape[0] != loaded.num_classes or own.shape[1:] != weight.shape[1:]:
                raise UserError(
                    f"'classes' needs tables of classes, and weight '{own.path}' of this"
                    " architecture is none",
                    key="kind",
                )
            rows = np.tensordot(shares, weight.astype(np.float64), axes=1)
            weight = np.concatenate([rows, rows[:unused]]).astype(np.float32)
        weights.append(weight)
    mixed.set_weights(weights)
    if truncation is not None and has_styles(mixed):
        mixed = truncated(mixed, truncation)
    return Sampler(mixed, loaded.domain)
