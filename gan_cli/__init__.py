"""gan-cli: train, sample and evaluate GANs with Keras, from one YAML file or from Python.

The names below are loaded on first use, and TensorFlow with the first call that needs it. Programs
that use TensorFlow themselves import gan_cli first: it chooses TensorFlow's kernels, on which the
last bits of all numbers depend.
"""

from __future__ import annotations

import importlib

from gan_cli.tensorflow_setup import refuse_windows, set_up

# Not from `typing`, whose import would take longer than all else here; type checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gan_cli.api import Generator, Run, load_config, open_run, train
    from gan_cli.config.schema import Config
    from gan_cli.errors import UserError
    from gan_cli.listener import Listener, Quiet
    from gan_cli.studio.bulk_requests import Dataset, Images
    from gan_cli.studio.edit_requests import Inpaint, Project, SuperResolve
    from gan_cli.studio.picture_requests import Axes, Grid, Sheet, Walk

refuse_windows()
set_up()

__version__ = "0.1.0"

_MODULES = {
    "api": ("Generator", "Run", "load_config", "open_run", "train"),
    "config.schema": ("Config",),
    "errors": ("UserError",),
    "listener": ("Listener", "Quiet"),
    "studio.bulk_requests": ("Dataset", "Images"),
    "studio.edit_requests": ("Inpaint", "Project", "SuperResolve"),
    "studio.picture_requests": ("Axes", "Grid", "Sheet", "Walk"),
}
_HOMES = {name: f"gan_cli.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "Axes",
    "Config",
    "Dataset",
    "Generator",
    "Grid",
    "Images",
    "Inpaint",
    "Listener",
    "Project",
    "Quiet",
    "Run",
    "Sheet",
    "SuperResolve",
    "UserError",
    "Walk",
    "__version__",
    "load_config",
    "open_run",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gan_cli' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
