"""Tries a foreign model out in a process of its own before it runs in this one.

A graph whose every operation only computes can still end the process that runs it, never end
itself, or allocate more memory than there is. Whatever happens to the other process is one line
here. A model that behaves otherwise on other images is not found out.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_cli.data.materialise import cached_file
from gan_cli.errors import UserError, first_line
from gan_cli.io.cache import write_bytes
from gan_cli.io.memory import machine_memory

# By its path: the other process searches the working folder for nothing.
_PACKAGE = Path(__file__).parents[2] / "__init__.py"
# For the import, building the model and one batch, on a busy machine.
_SECONDS = 600
_GIBIBYTE = 2**30
# Address space that TensorFlow reserves beside what it uses.
_RESERVED_BYTES = 8 * _GIBIBYTE
_REFUSED = 3

_START = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("gan_cli", {package!r})
sys.modules["gan_cli"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from {loader_module} import {loader}
from gan_cli.metrics.features.trial import run_trial
# TensorFlow's own end may wait for what the model has left running.
os._exit(run_trial({loader}, {path!r}, {batch_shape!r}))
"""


def try_out(
    loader: Callable[[Path, Sequence[int]], keras.Model],
    path: Path,
    digest: str,
    batch_shape: Sequence[int],
    seconds: float = _SECONDS,
) -> None:
    """Loads a model in another process and maps a batch of images there, unless it once went well.

    Args:
      loader: a function at the top of its module, from the path and [height, width, channels].
      digest: hash of the model's files, under which the cache notes that the trial went well.
      batch_shape: [batch, height, width, channels].
      seconds: after which the trial is ended.

    Raises:
      UserError: the model cannot be loaded, ends the process, takes too long or too much memory.
    """
    shape = [int(side) for side in batch_shape]
    name = f"{digest}-{'x'.join(map(str, shape))}-{tf.__version__}"
    passed = cached_file("tried", name)
    if passed is not None and passed.is_file():
        return
    code = _START.format(
        package=str(_PACKAGE),
        loader_module=loader.__module__,
        loader=loader.__name__,
        path=str(path),
        batch_shape=shape,
    )
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{path}: was tried out and had not mapped {shape[0]} images after {seconds:g} seconds;"
            " it is not used"
        ) from error
    if done.returncode == _REFUSED:
        raise UserError(*json.loads(done.stdout))
    if done.returncode:
        ending = f"signal {-done.returncode}" if done.returncode < 0 else f"{done.returncode}"
        raise UserError(
            f"{path}: was tried out and ended the process ({ending}), as too much memory or a"
            " damaged model does; it is not used"
        )
    write_bytes(passed, b"")


def run_trial(
    loader: Callable[[Path, Sequence[int]], keras.Model], path: str, batch_shape: Sequence[int]
) -> int:
    """Loads a model and maps a batch of noise, within limits.

    Returns:
      The exit status: 0, or 3 with the problems on standard output, as JSON.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = machine_memory() + _RESERVED_BYTES
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    problems: tuple[str, ...] = ()
    try:
        model = loader(Path(path), batch_shape[1:])
        noise = np.random.default_rng(0).integers(0, 256, batch_shape).astype(np.float32)
        for images in (noise, np.zeros_like(noise)):
            model(images, training=False)
    except UserError as error:
        problems = error.problems
    except Exception as error:
        problems = (f"{path}: was tried out and failed: {first_line(error)}; it is not used",)
    if problems:
        os.write(1, json.dumps(problems).encode())
    return _REFUSED if problems else 0
