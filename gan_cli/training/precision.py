"""The floating point type that layers compute in."""

import contextlib
import platform
from collections.abc import Iterator
from pathlib import Path

import keras
import tensorflow as tf


def resolve_precision(precision: str) -> str:
    """Returns the Keras dtype policy that `auto` stands for on this machine, or else `precision`.

    `auto` is mixed_float16 where every GPU has tensor cores (compute capability 7.0),
    mixed_bfloat16 on CPUs with matrix units for it (AMX), and float32 elsewhere.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        has_tensor_cores = all(gpu.get("compute_capability", (0, 0)) >= (7, 0) for gpu in details)
        return "mixed_float16" if has_tensor_cores else "float32"
    return "mixed_bfloat16" if _cpu_has_bfloat16_tiles() else "float32"


def _cpu_has_bfloat16_tiles() -> bool:
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    # AVX-512's own bfloat16 instructions do not help: measured 0.7 times the speed of float32.
    return "amx_bf16" in flags


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
