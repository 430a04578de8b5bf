"""The config that a run directory keeps, by this version or an earlier one."""

from pathlib import Path

from pydantic import ValidationError

from gan_cli.config.earlier import earlier_options, with_earlier_rules
from gan_cli.config.load import read_with_parents
from gan_cli.config.problems import describe
from gan_cli.config.resolve import with_intervals
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.errors import UserError


def read_saved_config(path: Path) -> ResolvedConfig:
    """Returns the resolved config of a run.

    What an earlier version did not know is filled in as it would be chosen today, with two
    exceptions: a run keeps the rules by which it read its data, and options that change the
    networks get the values by which that version built them.

    Raises:
      UserError: the file cannot be read, or is no resolved config; with a line for every problem.
    """
    data, places = read_with_parents(path)
    if isinstance(data.get("data"), dict):
        data["data"] = with_earlier_rules(data["data"])
    try:
        config = Config.model_validate(data)
        options = earlier_options(config.model) | config.model.options
        config = config.model_copy(
            update={"model": config.model.model_copy(update={"options": options})}
        )
        training = config.training
        if training.kimg is not None and training.batch_size is not None:
            config = with_intervals(config, training.kimg, training.batch_size)
        return ResolvedConfig.model_validate(config.model_dump(), strict=False)
    except ValidationError as error:
        raise UserError(*describe(error, data, str(path), places)) from error
