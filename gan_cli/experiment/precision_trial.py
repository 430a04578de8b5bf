"""Decides what `training.precision: auto` is on a CPU, by timing the run's own networks."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from statistics import median

import tensorflow as tf

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits
from gan_cli.data.materialise import cached_file
from gan_cli.io.cache import write_bytes
from gan_cli.run.environment import processor_name
from gan_cli.training.distribution import Distribution
from gan_cli.training.inputs import with_labels
from gan_cli.training.precision import has_bfloat16_without_gpu
from gan_cli.training.state import GanState

# Part of the cache's key. Raise it with every change to what is timed.
_VERSION = 1
_SECONDS = 6.0
_MOST_PASSES = 7
# Few enough for a pass to take a second or so, also of large images.
_MOST_IMAGES, _MOST_PIXELS = 16, 16 * 64 * 64
# Half precision has to be worth its rounding, and timing is not exact.
_WORTH = 1.1
_FULL, _HALF = "float32", "mixed_bfloat16"

Say = Callable[[str], object]


def with_precision(
    config: Config,
    data: DataSplits,
    recorded: ResolvedConfig | None,
    distribution: Distribution,
    say: Say,
) -> Config:
    """Returns the config with the precision that `auto` stands for, where more is known than rules.

    A run that continues keeps the one that it has. On a CPU that computes with bfloat16, a new run
    takes the faster one of float32 and mixed_bfloat16, unless several workers train, which must all
    decide alike.

    Args:
      recorded: the config by which the run has trained so far; None: there is no run.
      say: hears a line on what was timed.
    """
    if config.training.precision != "auto":
        return config
    if recorded is not None:
        return _with(config, recorded.training.precision)
    if distribution.workers > 1 or not has_bfloat16_without_gpu():
        return config
    try:
        seconds, was_kept = _kept_or_timed(config, data)
    except Exception:
        # Whatever is wrong with the networks is found, and said, as they are built for training.
        return config
    faster = _HALF if _WORTH * seconds[_HALF] < seconds[_FULL] else _FULL
    when = "as timed before" if was_kept else "as timed now"
    say(
        f"training.precision: auto is {faster} here: a pass of these networks takes"
        f" {1000 * seconds[_FULL]:.0f} ms in {_FULL} and {1000 * seconds[_HALF]:.0f} ms in {_HALF},"
        f" {when}"
    )
    return _with(config, faster)


def _with(config: Config, precision: str) -> Config:
    training = config.training.model_copy(update={"precision": precision})
    return config.model_copy(update={"training": training})


def _kept_or_timed(config: Config, data: DataSplits) -> tuple[dict[str, float], bool]:
    """Returns the seconds of a pass in each precision, and whether the cache had them."""
    resolved = {name: resolve_for(_with(config, name), data) for name in (_FULL, _HALF)}
    path = cached_file("precision", f"{_key(resolved[_FULL], data)}.json")
    if path is not None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(path.read_bytes())
            return {name: float(kept[name]) for name in (_FULL, _HALF)}, True
    seconds = timed(
        {
            name: _one_pass(build_state(each, len(data.train.class_names)), each)
            for name, each in resolved.items()
        }
    )
    # A cache that cannot be written costs the same time again.
    write_bytes(path, json.dumps(seconds).encode())
    return seconds, False


def _key(config: ResolvedConfig, data: DataSplits) -> str:
    """Returns what the timing depends on: machine, TensorFlow, networks and batch."""
    parts = (
        _VERSION,
        processor_name(),
        len(tf.config.list_logical_devices("CPU")),
        tf.__version__,
        config.model.model_dump_json(),
        config.data.image_size,
        config.data.channels,
        len(data.train.class_names),
        _images(config),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _images(config: ResolvedConfig) -> int:
    training, pack = config.training, config.model.pack
    slice_size = training.batch_size // training.gradient_accumulation
    height, width = config.data.image_size
    most = min(slice_size, _MOST_IMAGES, _MOST_PIXELS // (height * width))
    return max(most // pack, 1) * pack


def _one_pass(state: GanState, config: ResolvedConfig) -> Callable[[], None]:
    """Returns a function that passes images through both networks, forward and backward."""
    generator, discriminator = state.generator, state.discriminator
    images, pack = _images(config), config.model.pack
    latents = tf.random.stateless_normal([images, config.model.latent_dim], [0, 0])
    conditional = len(generator.inputs) > 1
    labels = tf.zeros([images], tf.int32) if conditional else None

    def run() -> None:
        with tf.GradientTape() as tape:
            made = generator(with_labels(latents, labels), training=True)
            shape = [images // pack, *discriminator.inputs[0].shape[1:]]
            seen = tf.reshape(made, shape)
            takes_labels = labels is not None and len(discriminator.inputs) > 1
            outputs = discriminator([seen, labels] if takes_labels else seen, training=True)
            total = tf.add_n(
                [tf.reduce_sum(tf.cast(x, tf.float32)) for x in tf.nest.flatten(outputs)]
            )
        weights = [
            v.value for v in (*generator.trainable_variables, *discriminator.trainable_variables)
        ]
        for gradient in tape.gradient(total, weights):
            if gradient is not None:
                tf.convert_to_tensor(gradient).numpy()

    return run


def timed(
    passes: dict[str, Callable[[], None]],
    seconds: float = _SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """Calls functions in turn until the time is up, and returns the median seconds of each.

    The first call of each does not count, unless first calls alone take half of the time.
    """
    began = clock()
    found: dict[str, list[float]] = {name: [] for name in passes}
    for number in range(1 + _MOST_PASSES):
        for name, call in passes.items():
            start = clock()
            call()
            found[name].append(clock() - start)
        if number and clock() - began >= seconds:
            break
        if clock() - began >= seconds / 2 and not number:
            break
    return {name: median(taken[1:] or taken) for name, taken in found.items()}
