"""Where a weight stands in a network, in terms that networks of other sizes share."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import tensorflow as tf


@dataclass(frozen=True)
class Place:
    """The place of a weight.

    Attributes:
      level: 0 for the layers whose output is the coarsest, counting up; None: no output with sides.
      layer: the layer's name or, where Keras numbered the layer, its type.
      ordinal: number among the layers of this name at this level.
      weight: the weight's name within its layer.
    """

    level: int | None
    layer: str
    ordinal: int
    weight: str

    def __str__(self) -> str:
        where = "" if self.level is None else f"level {self.level}/"
        return f"{where}{self.layer}/{self.ordinal}/{self.weight}"


@dataclass(frozen=True)
class PlacedWeight:
    """A weight of a layer, with its place counted from the coarsest level and from the finest."""

    layer: keras.layers.Layer
    place: Place
    from_finest: Place
    variable: keras.Variable


@dataclass(frozen=True)
class _Standing:
    """A layer with its name and its level; 0 is the finest."""

    layer: keras.layers.Layer
    name: str
    level: int | None


def placed_weights(model: keras.Model) -> list[PlacedWeight]:
    """Returns all floating-point weights and buffers of a network."""
    standing = _standing_layers(model)
    num_levels = 1 + max((s.level for s in standing if s.level is not None), default=0)
    counts: dict[tuple, int] = defaultdict(int)
    found, seen = [], set()
    for each in standing:
        weights = [v for v in each.layer.variables if id(v) not in seen and _is_floating(v)]
        if not weights:
            continue
        seen |= {id(weight) for weight in weights}
        ordinal = counts[each.level, each.name]
        counts[each.level, each.name] += 1
        coarse = None if each.level is None else num_levels - 1 - each.level
        for weight in weights:
            name = _name_within(weight, each.layer)
            found.append(
                PlacedWeight(
                    each.layer,
                    Place(coarse, each.name, ordinal, name),
                    Place(each.level, each.name, ordinal, name),
                    weight,
                )
            )
    return found


def _standing_layers(model: keras.Model) -> list[_Standing]:
    layers = [layer for layer in _outer_layers(model) if layer.variables]
    sides = [_side(layer) for layer in layers]
    order = sorted({side for side in sides if side is not None}, reverse=True)
    standing = []
    for layer, side in zip(layers, sides, strict=True):
        if hasattr(layer, "layers_by_level"):
            # A growing network is one layer, and knows its levels.
            standing += [_Standing(inner, role, n) for n, role, inner in layer.layers_by_level()]
        level = None if side is None else order.index(side)
        standing.append(_Standing(layer, _stable_name(layer), level))
    return standing


def _outer_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _outer_layers(layer)
        else:
            yield layer


def finest_weights(model: keras.Model, num_levels: int) -> list[keras.Variable]:
    """Returns the trainable weights of the finest levels, those nearest to the image."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return [
        placed.variable
        for placed in placed_weights(model)
        if placed.from_finest.level is not None
        and placed.from_finest.level < num_levels
        and id(placed.variable) in trainable
    ]


def _side(layer: keras.layers.Layer) -> int | None:
    """Returns the longer side of a layer's output of [batch, height, width, channels]."""
    try:
        outputs = layer.output
    except (AttributeError, ValueError):
        return None
    shape = getattr(outputs, "shape", ())
    return max(shape[1:3]) if len(shape) == 4 and None not in shape[1:3] else None


def _stable_name(layer: keras.layers.Layer) -> str:
    # Keras numbers the layers of a process: `conv2d`, `conv2d_1`, ...
    automatic = keras.src.utils.naming.to_snake_case(type(layer).__name__)
    is_numbered = re.fullmatch(rf"{automatic}(_\d+)?", layer.name)
    return automatic if is_numbered else layer.name


def _name_within(variable: keras.Variable, layer: keras.layers.Layer) -> str:
    parts = variable.path.split("/")
    if layer.name in parts:
        parts = parts[parts.index(layer.name) + 1 :]
    return "/".join(re.sub(r"_\d+$", "", part) for part in parts)


def _is_floating(variable: keras.Variable) -> bool:
    return tf.as_dtype(variable.dtype).is_floating
