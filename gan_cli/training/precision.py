"""The floating point type that layers compute in."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import keras
import tensorflow as tf


def resolve_precision(precision: str) -> str:
    """Returns the Keras dtype policy that `auto` stands for on this machine, or else `precision`.

    `auto` is mixed_float16 where every GPU has tensor cores (compute capability 7.0),
    mixed_bfloat16 on CPUs with matrix units for it (AMX), and float32 elsewhere. A run on a CPU
    knows better where it has timed its networks.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        has_tensor_cores = all(gpu.get("compute_capability", (0, 0)) >= (7, 0) for gpu in details)
        return "mixed_float16" if has_tensor_cores else "float32"
    # AVX-512's own bfloat16 instructions do not help: measured 0.7 times the speed of float32.
    return "mixed_bfloat16" if "amx_bf16" in _cpu_flags() else "float32"


def has_bfloat16_without_gpu() -> bool:
    """Returns whether the layers compute on a CPU that has instructions for bfloat16.

    Without them, TensorFlow converts every number, and float32 is faster by far.
    """
    has_instructions = _cpu_flags() & {"avx512_bf16", "amx_bf16", "bf16"}
    return bool(has_instructions) and not tf.config.list_physical_devices("GPU")


def _cpu_flags() -> set[str]:
    """Returns what Linux says that the processor can do; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    named = [line.partition(":") for line in lines]
    return {
        f for key, _, value in named if key.strip() in ("flags", "Features") for f in value.split()
    }


def set_determinism(deterministic: bool) -> None:
    """Makes TensorFlow use deterministic kernels for the rest of the process, if `deterministic`.

    CPU kernels are deterministic anyway; on GPUs deterministic kernels are slower.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def dtype_policy(policy: str) -> Iterator[None]:
    """Within this context, new layers compute under `policy`; the previous one is restored."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
