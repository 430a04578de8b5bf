"""Finds out that data are missing before anything heavy is loaded."""

from gan_cli.config.schema import DataConfig
from gan_cli.data.sources import source_of
from gan_cli.io.paths import user_path


def refuse_missing_path(config: DataConfig) -> None:
    """Refuses a config whose `data.path` does not exist, in the words of its source.

    Raises:
      UserError: there is nothing at the path.
    """
    path = getattr(getattr(config, config.source, None), "path", None)
    if path is not None and not user_path(path).exists():
        source_of(config).open(config)
