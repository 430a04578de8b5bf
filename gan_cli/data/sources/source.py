"""What a data source is."""

from collections.abc import Callable
from dataclasses import dataclass

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.domains.domain import Domain


@dataclass(frozen=True)
class Source:
    """A kind of place that samples come from.

    Attributes:
      open: opens the training samples, and those held out where the source keeps some apart.
        Raises `UserError` where it cannot.
      domain: from the config's data section to the kind of sample that `open` gives; None: images
        of `data.image_size` and `data.channels`, or of their own size where these are open.
    """

    open: Callable[[DataConfig], SourceSplits]
    domain: Callable[[DataConfig], Domain] | None = None
