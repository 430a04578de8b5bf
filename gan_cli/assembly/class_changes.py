"""Continues a run whose data have other classes: every class keeps its weights, by its name."""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli.assembly.state import build_state
from gan_cli.assembly.transfer import NetworkFacts, adapted, normal_name
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.errors import UserError
from gan_cli.models.weight_places import PlacedWeight, placed_weights
from gan_cli.run.checkpoint import Checkpoint, restore
from gan_cli.training.state import GanState

_MOST_NAMED = 5


def restore_by_class(
    checkpoint: Checkpoint,
    config: ResolvedConfig,
    state: GanState,
    old_names: Sequence[str],
    new_names: Sequence[str],
    may_lack: str | None = None,
) -> list[str]:
    """Restores a checkpoint of a run with other classes, or with the same ones in another order.

    Rows of a class are found by its name, in weights and in the moments of optimisers. A class that
    the run does not know starts at the mean of those that it knows.

    Args:
      state: built for `new_names`; it receives the values.
      may_lack: as for `restore`.

    Returns:
      what became of the classes, a line for each kind of change.

    Raises:
      UserError: the checkpoint is damaged, or of another model.
    """
    old = build_state(config, len(old_names))
    restore(checkpoint, old.variables())
    memory = {f"memory/{name}": variable for name, variable in state.memory.items()}
    restore(checkpoint, memory, may_lack=may_lack)
    places = _places(state)
    was, becomes = (
        NetworkFacts(config.data.channels, config.model.latent_dim, tuple(names))
        for names in (old_names, new_names)
    )
    known, values = old.variables(), {}
    for name, variable in state.variables().items():
        if name in memory:
            continue
        value, place = known[name].numpy(), places.get(id(variable))
        if place is not None:
            value = adapted(value, tuple(variable.shape), place, was, becomes)
        if value is None or value.shape != tuple(variable.shape):
            raise UserError(
                f"{checkpoint.path}: '{name}' depends on the number of classes in a way that is not"
                " known, so the run cannot take other classes; start a new run"
            )
        values[name] = value
    for name, variable in state.variables().items():
        if name in values:
            variable.assign(values[name])
    return describe_change(old_names, new_names)


def describe_change(old_names: Sequence[str], new_names: Sequence[str]) -> list[str]:
    """Returns a line for each kind of change of classes."""
    old, new = ([normal_name(name) for name in names] for names in (old_names, new_names))
    added = [name for name in new if name not in old]
    gone = [name for name in old if name not in new]
    kept = len(new) - len(added)
    lines = [f"classes: {kept} keep their weights, by name"]
    if added:
        lines.append(f"classes: new, and starting at the mean of the others: {_named(added)}")
    if gone:
        lines.append(f"classes: no longer in the data, and forgotten: {_named(gone)}")
    if added and gone:
        lines.append(
            "note: a class with a new name counts as a new class; to keep its weights, give it back"
            " the old name"
        )
    return lines


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")


def _places(state: GanState) -> dict[int, PlacedWeight]:
    """Returns the places of weights and of their moments, by the identity of the variable."""
    places: dict[int, PlacedWeight] = {}
    for model in (state.generator, state.discriminator, state.generator_ema):
        places |= {id(each.variable.value): each for each in placed_weights(model)}
    for model, optimizer in (
        (state.generator, state.generator_optimizer),
        (state.discriminator, state.discriminator_optimizer),
    ):
        weights = model.trainable_variables
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        # Keras keeps the moments of one kind in a list, in the order of the weights.
        for slots in vars(inner).values():
            if not isinstance(slots, list) or len(slots) != len(weights):
                continue
            for slot, weight in zip(slots, weights, strict=True):
                place = places.get(id(weight.value))
                if place is not None and getattr(slot, "shape", None) == weight.shape:
                    places[id(_value(slot))] = place
    return places


def _value(slot: object) -> tf.Variable:
    return getattr(slot, "value", slot)
