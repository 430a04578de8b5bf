"""The most memory that steps of training hold at once, as measured."""

import re
from pathlib import Path

import tensorflow as tf

_PROCESS = Path("/proc/self")


def forget_peak() -> None:
    """Starts a new measurement."""
    for gpu in tf.config.list_logical_devices("GPU"):
        tf.config.experimental.reset_memory_stats(_short(gpu.name))
    try:
        # Linux sets the peak of resident memory back to what is resident.
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def peak_bytes() -> int | None:
    """Returns the most bytes held at once since `forget_peak`; None: the system does not say.

    On GPUs, that of the one which held most; on a CPU, resident memory of the whole process. Where
    Linux forgets no peak, it is that of the process so far.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if gpus:
        infos = (tf.config.experimental.get_memory_info(_short(gpu.name)) for gpu in gpus)
        return max(info["peak"] for info in infos)
    try:
        found = re.search(r"^VmHWM:\s*(\d+) kB$", (_PROCESS / "status").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _short(device: str) -> str:
    """Returns `GPU:0` of `/device:GPU:0`."""
    return device.rpartition("device:")[2]
