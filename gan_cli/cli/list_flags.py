"""Flags whose value is a list: commas separate its parts, and a repeated flag adds to it."""

from typing import Any

from absl import flags

# The flags belong to the modules that call `define_list`.
flags.disclaim_key_flags()


class _ListFlag(flags.Flag):
    def parse(self, argument: Any) -> None:
        earlier = [] if self.using_default_value else list(self.value or [])
        super().parse(argument)
        if earlier and isinstance(self.value, list):
            self.value = earlier + self.value


def define_list(
    name: str, help_text: str, flag_values: flags.FlagValues = flags.FLAGS
) -> flags.FlagHolder:
    """Defines a flag that is None, or a list of texts: `--name a,b` or `--name a --name b`."""
    flag = _ListFlag(
        flags.ListParser(), flags.ListSerializer(","), name, None, help_text, allow_override=True
    )
    return flags.DEFINE_flag(flag, flag_values)
