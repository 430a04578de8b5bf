"""Turns running out of memory into one line that says what was too large and what to lower."""

import contextlib
import errno
import re
from collections.abc import Callable, Iterator
from math import prod

import tensorflow as tf

from gan_cli.assembly.slicing import next_slice_count
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.errors import UserError
from gan_cli.io.memory import memory_in_use, memory_limit

# What TensorFlow, its libraries and the system say when an allocation fails.
_SIGNS = re.compile(
    r"\bOOM\b|out of memory|bad_alloc|could not create a memory|failed to allocate"
    r"|cannot allocate memory|can't start new thread",
    re.IGNORECASE,
)
_TENSOR = re.compile(r"shape\[([\d,]+)\] and type (\w+)")
OUT_OF_MEMORY = "out of memory"
_GIBIBYTE, _MEBIBYTE = 2**30, 2**20


@contextlib.contextmanager
def explained(advice: Callable[[], str]) -> Iterator[None]:
    """Within this context, running out of memory raises a `UserError`.

    Args:
      advice: says what to lower, from what is known when memory has run out.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        message = f"{OUT_OF_MEMORY}: {_wanted(error)}{_there_is()}; {advice()}"
        # The traceback of TensorFlow's error holds the arrays that filled the memory.
        raise UserError(message) from None


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an exception says that no memory is left."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    is_of_a_kind = isinstance(error, tf.errors.OpError | RuntimeError)
    return is_of_a_kind and _SIGNS.search(str(error)) is not None


def _wanted(error: BaseException) -> str:
    found = _TENSOR.search(str(error))
    if found is None:
        return "more was needed than there is"
    sides = [int(side) for side in found[1].split(",")]
    # TensorFlow writes C++'s names of types.
    types = {"float": "float32", "double": "float64", "half": "float16"}
    try:
        dtype = tf.as_dtype(types.get(found[2], found[2]))
    except TypeError:
        return f"no room for a tensor of {sides}"
    return f"no room for {size_text(prod(sides) * dtype.size)}, a {dtype.name} tensor of {sides}"


def _there_is() -> str:
    if tf.config.list_physical_devices("GPU"):
        return ""
    used = size_text(memory_in_use())
    return f", with {used} in use of the {size_text(memory_limit())} that there are"


def size_text(size: float) -> str:
    """Returns a number of bytes in MiB or GiB."""
    if size < _GIBIBYTE:
        return f"{size / _MEBIBYTE:,.0f} MiB"
    return f"{size / _GIBIBYTE:,.1f} GiB"


def smaller_data() -> str:
    """Returns what to lower where the images themselves do not fit."""
    return (
        "the images do not fit: set data.cache to disk, or lower data.image_size or data.max_images"
    )


def smaller_step(config: ResolvedConfig) -> str:
    """Returns what to lower where a step of training does not fit."""
    batch_size, pack = config.training.batch_size, config.model.pack
    ways = ["smaller networks (model.generator_channels, model.discriminator_channels)"]
    slices = next_slice_count(config)
    if slices is not None:
        ways.insert(0, f"training.gradient_accumulation {slices} (the same update in less memory)")
    if not config.training.recompute:
        ways.insert(len(ways) - 1, "training.recompute: true (the same update, slower)")
    if batch_size > pack:
        ways.insert(len(ways) - 1, f"training.batch_size {max(batch_size // 2 // pack, 1) * pack}")
    return f"a step on {batch_size} images does not fit: try {', or '.join(ways)}"
