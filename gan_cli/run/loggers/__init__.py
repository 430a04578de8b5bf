"""Experiment trackers by name, to which a run is logged beside its own files and TensorBoard."""

from collections.abc import Sequence
from importlib.util import find_spec

from gan_cli.errors import UserError
from gan_cli.registry import Registry

_FOLDER = "gan_cli.run.loggers"
# Each name is that of its package, and of the extra that installs it.
_PACKAGES = ("wandb", "mlflow")
LOGGERS = Registry("logger", {name: f"{_FOLDER}.{name}_log:open_log" for name in _PACKAGES})


def refuse_missing_packages(names: Sequence[str]) -> None:
    """Checks that the packages of loggers are installed; imports none of gan-cli's own.

    Raises:
      UserError: one is not, or the user's own logger cannot be imported.
    """
    for name in names:
        if name not in _PACKAGES:
            LOGGERS.load(name)
            continue
        found = find_spec(name)
        # Both trackers write into folders of their own name, which Python takes for packages.
        if found is None or found.origin is None:
            raise UserError(
                f"training.loggers: '{name}' needs a package that is not installed:"
                f" pip install 'gan-cli[{name}]', or leave it out"
            )
