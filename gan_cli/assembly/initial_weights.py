"""The weights that a run starts from: `training.init_from`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from gan_cli.assembly.generator_file import open_generator
from gan_cli.assembly.networks import architecture_names, build_network
from gan_cli.assembly.state import build_optimizer
from gan_cli.assembly.transfer import COPIED, FRESH, WIDENED, Match, NetworkFacts, match_weights
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path
from gan_cli.run.checkpoint import Checkpoint, CheckpointStore, restore
from gan_cli.run.directory import RunDirectory
from gan_cli.training.precision import dtype_policy
from gan_cli.training.state import GanState, model_variables, optimizer_variables

_KEY = "training.init_from"
_MOST_NAMED = 4


@dataclass(frozen=True)
class Source:
    """Where weights come from.

    Attributes:
      text: the source, in words.
      networks: the networks by name; an exported file has a generator alone.
      facts: what they depend on, by network.
      architectures: names by network; empty where they are unknown.
      run: the run's config and checkpoint; None: the source is a file.
    """

    text: str
    networks: dict[str, keras.Model]
    facts: dict[str, NetworkFacts]
    architectures: dict[str, str]
    run: tuple[ResolvedConfig, Checkpoint] | None = None


@dataclass(frozen=True)
class Initialised:
    """What became of the weights of a run that starts from others.

    Attributes:
      source: where the weights came from, in words.
      matches: by network.
    """

    source: str
    matches: dict[str, list[Match]]

    def record(self) -> dict[str, Any]:
        """Returns everything in JSON's own types."""
        return {
            "source": self.source,
            **{name: [each.record() for each in found] for name, found in self.matches.items()},
        }

    def lines(self) -> list[str]:
        """Returns a summary with a line for each network."""
        lines = [f"starting from {self.source}"]
        for name, found in self.matches.items():
            values = sum(each.count for each in found)
            taken = sum(each.count for each in found if each.how != FRESH)
            counts = [f"{_count(found, how)} {how}" for how in (COPIED, WIDENED, FRESH)]
            fresh = [each.weight for each in found if each.how == FRESH]
            named = ", ".join(fresh[:_MOST_NAMED]) + (", ..." if len(fresh) > _MOST_NAMED else "")
            lines.append(
                f"{name}: {', '.join(counts)} of {len(found)} weights,"
                f" {100 * taken / max(values, 1):.1f} % of the values"
                + (f"; fresh: {named}" if fresh else "")
            )
        return lines


def _count(found: list[Match], how: str) -> int:
    return sum(each.how == how for each in found)


def initialise(
    config: ResolvedConfig, state: GanState, class_names: tuple[str, ...]
) -> Initialised:
    """Gives a new run's networks the weights that `training.init_from` names.

    Args:
      class_names: of the run's data.

    Raises:
      UserError: there are no such weights, or none of them fits a network.
    """
    init = config.training.init
    source = _open(str(config.training.init_from), init.average)
    matches: dict[str, list[Match]] = {}
    for name in init.networks:
        if name not in source.networks:
            raise UserError(
                f"{_KEY}: {source.text} holds no {name}; set training.init.networks to [generator]"
            )
        target = getattr(state, name)
        was, becomes = source.facts[name], _facts(config, class_names, name)
        matches[name], values = match_weights(source.networks[name], target, was, becomes)
        if all(each.how == FRESH for each in matches[name]):
            raise UserError(_nothing_fits(config, source, name))
        for variable, value in values:
            variable.assign(value)
    if "generator" in init.networks:
        state.generator_ema.set_weights(state.generator.get_weights())
    if init.optimizers == "keep":
        _keep_optimizers(source, state, matches)
    return Initialised(source.text, matches)


def _nothing_fits(config: ResolvedConfig, source: Source, network: str) -> str:
    names = dict(zip(("generator", "discriminator"), architecture_names(config), strict=True))
    there = source.architectures.get(network)
    why = f" (architecture '{there}' there, '{names[network]}' here)" if there else ""
    return f"{_KEY}: no weight of the {network} of {source.text} fits this run's {network}{why}"


def _facts(config: ResolvedConfig, class_names: tuple[str, ...], network: str) -> NetworkFacts:
    pack = config.model.pack if network == "discriminator" else 1
    names = class_names if config.model.conditional else ()
    return NetworkFacts(config.data.channels * pack, config.model.latent_dim, names)


def _open(text: str, average: bool) -> Source:
    path = user_path(text, _KEY)
    if path.suffix == ".keras" and path.is_file():
        return _open_keras_file(path)
    if (path / "manifest.json").is_file() and path.parent.name == "checkpoints":
        run, which = RunDirectory(path.parent.parent), path.name
    elif (path / "config.yaml").is_file():
        run, which = RunDirectory(path), "best"
    else:
        raise UserError(
            f"{_KEY}: must be a run directory, a checkpoint's folder or a .keras file, got '{text}'"
        )
    config = run.read_config()
    class_names = tuple(run.read_environment()["dataset"]["class_names"])
    checkpoint = CheckpointStore(run.checkpoints).find(which)
    num_classes = len(class_names) if config.model.conditional else 0
    networks = {}
    for name in ("generator", "discriminator"):
        with dtype_policy("float32"):
            networks[name] = build_network(config, name, num_classes)
        part = "generator_ema" if name == "generator" and average else name
        restore(checkpoint, model_variables(part, networks[name]))
    architectures = dict(zip(networks, architecture_names(config), strict=True))
    facts = {name: _facts(config, class_names, name) for name in networks}
    return Source(
        f"{run.path}, {checkpoint.name}", networks, facts, architectures, (config, checkpoint)
    )


def _open_keras_file(path: Path) -> Source:
    generator = open_generator(path, _KEY)
    latents, images = generator.inputs[0].shape, generator.outputs[0].shape
    if not latents or not images or latents[-1] is None or images[-1] is None:
        raise UserError(f"{_KEY}: {path} holds no generator: it makes {images} of {latents}")
    latent_dim, channels = latents[-1], images[-1]
    # The file does not name its classes.
    facts = NetworkFacts(channels, latent_dim, ())
    return Source(str(path), {"generator": generator}, {"generator": facts}, {})


def _keep_optimizers(source: Source, state: GanState, matches: dict[str, list[Match]]) -> None:
    """Takes over the moments of the optimisers.

    Raises:
      UserError: a weight's shape differs, or the optimiser is of another kind.
    """
    if source.run is None:
        raise UserError("training.init.optimizers: a .keras file holds none; it must be 'fresh'")
    config, checkpoint = source.run
    for name, found in matches.items():
        other = next((each for each in found if each.how != COPIED), None)
        if other is not None:
            raise UserError(
                "training.init.optimizers: 'keep' needs networks of the same shape, and"
                f" '{name}/{other.weight}' is {other.how}; it must be 'fresh'"
            )
        part = f"{name}_optimizer"
        loss_scaling = config.training.precision == "mixed_float16"
        optimizer = build_optimizer(getattr(config.training, part), loss_scaling)
        optimizer.build(source.networks[name].trainable_variables)
        restore(checkpoint, optimizer_variables(part, optimizer))
        own = getattr(state, part).variables
        if [v.shape for v in own] != [v.shape for v in optimizer.variables]:
            raise UserError(
                f"training.init.optimizers: 'keep' needs the same optimiser, and the {name}'s is"
                " another; it must be 'fresh'"
            )
        for variable, value in zip(own, optimizer.variables, strict=True):
            variable.assign(value)
