"""A generator from a `.keras` file, which may come from anywhere."""

import hashlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from gan_cli.errors import UserError, first_line
from gan_cli.io.records import read_content
from gan_cli.metrics.features.trial import try_out
from gan_cli.metrics.features.untrusted import bounded_memory, check_keras_file

# The layers of gan-cli that exported generators are made of.
_OWN_LAYERS = "gan_cli.models."
_OWN_PACKAGE = "gan_cli>"
# Operations of Keras that compute, such as slices and one-hot vectors.
_OPERATIONS = ("keras.src.ops.math", "keras.src.ops.nn", "keras.src.ops.numpy")
# Of these, others call functions.
_CORE, _OF_CORE = "keras.src.ops.core", ("Cast", "Slice", "StopGradient", "Unstack")


def open_generator(path: Path, key: str) -> keras.Model:
    """Loads a generator, once its file holds no code and was loaded in another process.

    Args:
      key: the key of the config that names the file.

    Raises:
      UserError: it holds anything but layers of Keras and of gan-cli, or cannot be loaded.
    """
    try:
        check_keras_file(path, is_part)
        try_out(load_unused, path, hashlib.sha256(read_content(path)).hexdigest(), (1, 1))
        return load(path)
    except (UserError, OSError) as error:
        problem = error.problems[0] if isinstance(error, UserError) else f"{path}: {error.strerror}"
        raise UserError(f"{key}: {problem}") from error


def load(path: Path) -> keras.Model:
    """Loads a file that has been checked.

    Raises:
      UserError: Keras cannot load it, or it is no generator.
    """
    try:
        with bounded_memory():
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        if not isinstance(model, keras.Model) or not model.inputs or not model.outputs:
            raise UserError(f"{path}: holds no generator")
        return model
    except UserError:
        raise
    # Keras raises many types of exceptions on files that are no models.
    except Exception as error:
        raise UserError(f"{path}: cannot be loaded: {first_line(error)}") from error


def load_unused(path: Path, shape: Sequence[int]) -> Any:
    """Loads a generator for a trial: weights are taken from it, and it is never called."""
    del shape
    # Which imports the layers that the file names: Keras finds them only then.
    check_keras_file(path, is_part)
    load(path)
    return lambda images, training: None


def is_part(module: object, name: object, registered_name: object) -> bool:
    """Returns whether a class that a `.keras` file names is an operation of Keras, or our layer."""
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    computes = module in _OPERATIONS or (module == _CORE and name in _OF_CORE)
    if computes and registered_name in (None, name):
        operation = getattr(importlib.import_module(module), name, None)
        return isinstance(operation, type) and issubclass(operation, keras.Operation)
    if not module.startswith(_OWN_LAYERS):
        return False
    try:
        importlib.import_module(module)
    except (ImportError, ValueError):
        return False
    found = keras.saving.get_registered_object(registered_name)
    return (
        registered_name == f"{_OWN_PACKAGE}{name}"
        and isinstance(found, type)
        and (found.__module__, found.__name__) == (module, name)
    )
