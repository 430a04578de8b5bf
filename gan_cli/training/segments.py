"""Where a network is best cut so that recomputation keeps the fewest bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.contract import inner_activation_bytes

# So many sizes of the largest segment are tried.
_TRIED = 40


@dataclass(frozen=True)
class Part:
    """A part of a functional model.

    Attributes:
      model: the part as a model, which shares its layers with the whole one.
      inputs, outputs: tensors of the whole model.
      is_inner: whether it is a model within the model, to be cut by itself.
    """

    model: keras.Model
    inputs: list[keras.KerasTensor]
    outputs: list[keras.KerasTensor]
    is_inner: bool = False


@dataclass(frozen=True)
class _Node:
    """A layer's call in a functional model."""

    operation: keras.Operation
    inputs: list[keras.KerasTensor]
    outputs: list[keras.KerasTensor]

    @property
    def bytes(self) -> int:
        within = inner_activation_bytes(self.operation)
        return sum(map(_bytes, self.outputs)) + within


def _bytes(tensor: keras.KerasTensor) -> int:
    return int(np.prod(tensor.shape[1:])) * tf.as_dtype(tensor.dtype).size


def parts_of(model: keras.Model) -> list[Part]:
    """Returns the parts of a functional model, in the order in which they are computed.

    Models within the model are parts. What is between them is cut into segments, so that the bytes
    of one image that flow between segments and those within the largest segment are fewest in sum.
    A model that calls a layer twice stays whole.
    """
    nodes = _nodes_of(model)
    if len({id(node.operation) for node in nodes}) < len(nodes):
        # Keras cannot cut between two calls of one layer, and its buffers change twice.
        return [Part(model, model.inputs, keras.tree.flatten(model.output))]
    parts, begin = [], 0
    for end in range(len(nodes) + 1):
        is_inner = end < len(nodes) and isinstance(nodes[end].operation, keras.Model)
        if end < len(nodes) and not is_inner:
            continue
        parts += _cut(model, nodes, begin, end)
        if is_inner:
            node = nodes[end]
            parts.append(Part(node.operation, node.inputs, node.outputs, is_inner=True))
        begin = end + 1
    return parts


def recomputed_bytes(model: keras.Model) -> int:
    """Returns the bytes that a pass holds for one image: between parts, and in the largest part."""
    kept, largest = 0, 0
    for part in parts_of(model):
        kept += sum(map(_bytes, part.outputs))
        if part.is_inner:
            within = recomputed_bytes(part.model)
        else:
            within = sum(node.bytes for node in _nodes_of(part.model))
        largest = max(largest, within)
    return kept + largest


def _nodes_of(model: keras.Model) -> list[_Node]:
    # Keras has no public way to the calls of a functional model.
    by_depth = model._nodes_by_depth
    return [
        _Node(node.operation, list(node.input_tensors), list(node.outputs))
        for depth in sorted(by_depth, reverse=True)
        for node in by_depth[depth]
        if not node.is_input
    ]


def _cut(model: keras.Model, nodes: Sequence[_Node], begin: int, end: int) -> list[Part]:
    """Returns the parts of the calls from `begin` up to `end`."""
    return [
        _part(model, nodes, first, last)
        for first, last in _best_cuts(model, nodes, begin, end)
        if last > first
    ]


def _part(model: keras.Model, nodes: Sequence[_Node], begin: int, end: int) -> Part:
    made = {id(tensor) for node in nodes[begin:end] for tensor in node.outputs}
    inputs: dict[int, keras.KerasTensor] = {}
    for node in nodes[begin:end]:
        inputs |= {id(tensor): tensor for tensor in node.inputs if id(tensor) not in made}
    outputs = [tensor for tensor in _alive(model, nodes, end) if id(tensor) in made]
    own = list(inputs.values())
    return Part(keras.Model(own, outputs), own, outputs)


def _alive(model: keras.Model, nodes: Sequence[_Node], at: int) -> list[keras.KerasTensor]:
    """Returns the tensors made before a place that are wanted from there on."""
    wanted = {id(tensor) for tensor in keras.tree.flatten(model.output)}
    wanted |= {id(tensor) for node in nodes[at:] for tensor in node.inputs}
    return [t for node in nodes[:at] for t in node.outputs if id(t) in wanted]


def _best_cuts(
    model: keras.Model, nodes: Sequence[_Node], begin: int, end: int
) -> list[tuple[int, int]]:
    """Returns where to cut, so that what is kept and the largest segment are least together."""
    count = end - begin
    kept = [sum(map(_bytes, _alive(model, nodes, begin + at))) for at in range(count + 1)]
    sums = np.concatenate([[0], np.cumsum([node.bytes for node in nodes[begin:end]])])
    limits = np.geomspace(max(sums[-1], 1) / max(count, 1), max(sums[-1], 1), _TRIED)
    best, chosen = np.inf, [(begin, end)]
    for limit in limits:
        total, previous = _fewest_bytes(kept, sums, limit)
        at = count
        cuts: list[tuple[int, int]] = []
        while at > 0:
            cuts.insert(0, (previous[at], at))
            at = previous[at]
        # A single call may exceed the limit.
        total += max((sums[last] - sums[first] for first, last in cuts), default=0)
        if total < best:
            best, chosen = total, [(begin + first, begin + last) for first, last in cuts]
    return chosen


def _fewest_bytes(kept: Sequence[int], sums: np.ndarray, limit: float) -> tuple[float, list[int]]:
    """Returns the fewest bytes kept by segments within a limit, and each segment's beginning."""
    totals, previous = [0.0], [0]
    for at in range(1, len(kept)):
        starts = [start for start in range(at) if sums[at] - sums[start] <= limit] or [at - 1]
        start = min(starts, key=lambda start: (totals[start], start))
        totals.append(totals[start] + kept[at])
        previous.append(start)
    return totals[-1], previous
