"""What a data source is."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.domains.domain import Domain
from gan_cli.options import Option, fill_options, options_of, with_options


@dataclass(frozen=True)
class Source:
    """A kind of place that samples come from.

    The keys of gan-cli's own sources stand in sections of the config, such as `data.folder`. A
    source of the user's own takes its keys as keyword-only parameters of the two functions; a
    config sets them in `data.options`.

    Attributes:
      open: from the config's data section to the training samples, and to those held out where the
        source keeps some apart. Raises `UserError` where it cannot open them.
      domain: from the config's data section to the kind of sample that `open` gives; None: images
        of `data.image_size` and `data.channels`, or of their own size where these are open. The
        function may return None as well.
    """

    open: Callable[..., SourceSplits]
    domain: Callable[..., Domain | None] | None = None

    @property
    def options(self) -> dict[str, Option]:
        """Options by name, with their default values."""
        return options_of(self.open, *([self.domain] if self.domain else []))

    def configured(self, config: DataConfig) -> "Source":
        """Returns the source with the options that a config gives.

        Raises:
          UserError: the config gives an option that the source does not have, or a value of a wrong
            type.
        """
        options = fill_options("data.options", config.options, self.options)
        return dataclasses.replace(
            self,
            open=with_options(self.open, options),
            domain=with_options(self.domain, options) if self.domain else None,
        )
