"""Weights of one network taken over by another, matched by their places in the networks."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from gan_cli.models.contract import LABEL_EMBEDDING
from gan_cli.models.layers.equalized import Equalized
from gan_cli.models.weight_places import PlacedWeight, placed_weights

COPIED, WIDENED, FRESH = "copied", "widened", "fresh"
# The layer that predicts classes has one output for each class.
_CLASS_SCORES = "class_scores"


@dataclass(frozen=True)
class NetworkFacts:
    """What a network's weights depend on, beside its architecture.

    Attributes:
      channels: of the images that it sees or makes.
      latent_dim: length of a latent vector.
      class_names: empty for an unconditional network.
    """

    channels: int
    latent_dim: int
    class_names: Sequence[str]


@dataclass(frozen=True)
class Match:
    """What became of one weight.

    Attributes:
      weight: its place.
      how: copied, widened or fresh.
      shape: of the weight.
      count: number of values.
    """

    weight: str
    how: str
    shape: tuple[int, ...]
    count: int

    def record(self) -> dict[str, Any]:
        """Returns the match in JSON's own types."""
        return asdict(self)


def match_weights(
    source: keras.Model, target: keras.Model, was: NetworkFacts, becomes: NetworkFacts
) -> tuple[list[Match], list[tuple[keras.Variable, np.ndarray]]]:
    """Finds a value for each weight of `target` in `source`; nothing is assigned.

    A weight is looked for at the same level, counted from the coarsest and then from the finest,
    so that networks for other sizes of images share the levels of equal width. Rows of classes are
    matched by name; a new class starts at the mean of the old ones. Colours are repeated or merged,
    with the scale of what leaves the layer kept.

    Returns:
      What became of each weight, and the values to assign.
    """
    placed = placed_weights(source)
    from_coarsest = {str(each.place): each.variable for each in placed}
    from_finest = {str(each.from_finest): each.variable for each in placed}
    matches, values = [], []
    for each in placed_weights(target):
        shape, how = tuple(each.variable.shape), FRESH
        for found in (
            from_coarsest.get(str(each.place)),
            from_finest.get(str(each.from_finest)),
        ):
            if found is None:
                continue
            old = np.asarray(found)
            value = adapted(old, shape, each, was, becomes)
            if value is not None:
                how = COPIED if old.shape == shape else WIDENED
                values.append((each.variable, value.astype(old.dtype)))
                break
        matches.append(Match(str(each.place), how, shape, int(np.prod(shape))))
    return matches, values


def adapted(
    old: np.ndarray,
    shape: tuple[int, ...],
    target: PlacedWeight,
    was: NetworkFacts,
    becomes: NetworkFacts,
) -> np.ndarray | None:
    """Returns the values of a weight of this shape, or None where the old ones do not fit.

    Args:
      old: values of the weight, or of something that an optimiser keeps for it.
      shape: of the new weight.
      target: its place.
    """
    if old.ndim != len(shape):
        return None
    axis = {LABEL_EMBEDDING: 0, _CLASS_SCORES: -1}.get(target.place.layer)
    if (
        axis is not None
        and old.shape[axis] == len(was.class_names)
        and shape[axis] == len(becomes.class_names)
    ):
        old = _by_class(old, axis, was.class_names, becomes.class_names)
        if axis == 0 and isinstance(target.layer, Equalized):
            old = _rescaled(old, len(was.class_names), len(becomes.class_names))
    if old.shape == shape:
        return old
    differing = np.flatnonzero(np.array(old.shape) != np.array(shape))
    if len(differing) != 1:
        return None
    axis = int(differing[0])
    if old.ndim == 2 and axis == 0 and _reads_latents(old.shape[0], shape[0], was, becomes):
        value = np.zeros(shape, old.dtype)
        value[: was.latent_dim] = old[: was.latent_dim]
        return value
    widened = _with_channels(old, axis, shape[axis], was.channels, becomes.channels)
    if widened is not None and axis == old.ndim - 2 and isinstance(target.layer, Equalized):
        widened = _rescaled(widened, old.shape[axis], shape[axis])
    return widened


def _rescaled(kernel: np.ndarray, old_inputs: int, new_inputs: int) -> np.ndarray:
    """Keeps the effect of a kernel that its layer divides by the root of the number of inputs."""
    return kernel * (new_inputs / old_inputs) ** 0.5


def _by_class(
    old: np.ndarray, axis: int, old_names: Sequence[str], new_names: Sequence[str]
) -> np.ndarray:
    known = {normal_name(name): number for number, name in enumerate(old_names)}
    mean = old.mean(axis)
    rows = [
        np.take(old, known[normal_name(name)], axis) if normal_name(name) in known else mean
        for name in new_names
    ]
    return np.stack(rows, axis)


def normal_name(name: str) -> str:
    """Returns the form in which names of classes are compared."""
    return unicodedata.normalize("NFC", name)


def _reads_latents(old_rows: int, new_rows: int, was: NetworkFacts, becomes: NetworkFacts) -> bool:
    """Whether a layer reads latents, alone in one network and with an embedding in the other."""
    latent_dim = was.latent_dim
    return latent_dim == becomes.latent_dim and {old_rows, new_rows} == {latent_dim, 2 * latent_dim}


def _with_channels(
    old: np.ndarray, axis: int, size: int, was: int, becomes: int
) -> np.ndarray | None:
    """Repeats, or merges, the channels of images along an axis of a kernel or bias.

    Transparency is left out of what a layer reads, and starts opaque in what a layer makes.
    Sub-pixel convolutions have several groups of channels on the axis.
    """
    groups = old.shape[axis] // was
    if was == becomes or old.shape[axis] != groups * was or size != groups * becomes:
        return None
    is_input = axis == old.ndim - 2
    parts = np.moveaxis(old, axis, 0).reshape(groups, was, -1)
    colours = becomes - 1 if becomes == 4 else becomes
    if was == 4:
        parts = parts[:, :3]
    value = _with_colours(parts, colours, is_input)
    if becomes == 4:
        opaque = np.full_like(value[:, :1], 1.0 if old.ndim == 1 else 0.0)
        value = np.concatenate([value, opaque], 1)
    rest = np.delete(old.shape, axis)
    return np.moveaxis(value.reshape(size, *rest), 0, axis)


def _with_colours(parts: np.ndarray, colours: int, is_input: bool) -> np.ndarray:
    """Returns [groups, colours, n] of [groups, channels, n]; a gray picture keeps its effect."""
    was = parts.shape[1]
    if colours >= was:
        value = parts[:, np.arange(colours) % was]
        return value * (was / colours) if is_input else value
    kept = [parts[:, np.arange(was) % colours == colour] for colour in range(colours)]
    return np.stack([part.sum(1) if is_input else part.mean(1) for part in kept], 1)
