"""What a run trains on, in words, and the GPU that it cannot use."""

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import tensorflow as tf

from gan_cli.io.wording import counted

_DRIVER = Path("/proc/driver/nvidia/gpus")
_SECONDS_TO_ANSWER = 5.0


def device_text(replicas: int = 1) -> str:
    """Returns the devices of a run, such as `the CPU (2 cores)` or `1 GPU (NVIDIA H200)`.

    Args:
      replicas: number of devices that take a step together.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        cores = counted(_usable_cores(), "core", "cores")
        return f"the CPU ({cores})" if replicas == 1 else f"{replicas} parts of the CPU ({cores})"
    # Other processes of a job have devices of their own, of whose names nothing is known.
    details = (tf.config.experimental.get_device_details(gpu) for gpu in gpus[:replicas])
    names = Counter(each.get("device_name", "unnamed") for each in details)
    return f"{counted(replicas, 'GPU', 'GPUs')} ({', '.join(names)})"


def unused_gpu_warning(driver: Path = _DRIVER) -> str | None:
    """Returns a sentence on NVIDIA GPUs of this machine that TensorFlow cannot use; None: none.

    Nothing is said where `CUDA_VISIBLE_DEVICES` hides them.

    Args:
      driver: folder in which NVIDIA's driver describes each GPU.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if hidden or tf.config.list_physical_devices("GPU"):
        return None
    names = _names_of_driver(driver) or _names_of_tool()
    if not names:
        return None
    its, they = (
        ("an NVIDIA GPU", "it") if len(names) == 1 else (f"{len(names)} NVIDIA GPUs", "them")
    )
    return (
        f"this machine has {its} ({', '.join(dict.fromkeys(names))}), and TensorFlow cannot use"
        f" {they}: training runs on the CPU. pip install 'gan-cli[cuda]' installs what is missing;"
        f" CUDA_VISIBLE_DEVICES=-1 hides {they} where the CPU is meant"
    )


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _names_of_driver(driver: Path) -> list[str]:
    names = []
    for file in sorted(driver.glob("*/information")):
        try:
            found = re.search(r"^Model:\s*(.+)$", file.read_text(errors="replace"), re.MULTILINE)
        except OSError:
            continue
        names.append(found[1].strip() if found else "unnamed")
    return names


def _names_of_tool() -> list[str]:
    """Returns what nvidia-smi lists; Windows' driver shows nothing else to Linux."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = subprocess.run(
            [tool, "-L"], capture_output=True, text=True, timeout=_SECONDS_TO_ANSWER
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return re.findall(r"^GPU \d+: (.+?) \(UUID", listed.stdout, re.MULTILINE)
