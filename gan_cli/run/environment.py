"""What a run was made with: versions, devices, code and data."""

import contextlib
import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_cli import __version__
from gan_cli.run.data_place import working_folder

_PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "tensorflow-datasets")


def describe_environment(dataset: dict[str, Any]) -> dict[str, Any]:
    """Returns what `environment.json` holds.

    Args:
      dataset: fingerprint, sizes and class names of the data.
    """
    devices = []
    for device in tf.config.list_physical_devices():
        details = tf.config.experimental.get_device_details(device)
        # Tuples would come back from JSON as lists.
        plain = {key: list(v) if isinstance(v, tuple) else v for key, v in details.items()}
        devices.append({"type": device.device_type, **plain})
    return {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "packages": _versions(),
        "devices": devices,
        "git_commit": _git_commit(),
        "working_folder": working_folder(),
        "dataset": dataset,
    }


def _versions() -> dict[str, str]:
    """Returns versions by package; packages without metadata are left out.

    A checkout of this package need not be installed, and TensorFlow has several distributions.
    """
    versions = {"gan-cli": __version__}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def processor_name() -> str:
    """Returns the name of the processor as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _git_commit() -> str | None:
    """Returns the commit of the working folder, where that is a git checkout."""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
