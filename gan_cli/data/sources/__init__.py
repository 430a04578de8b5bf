"""Where images come from: one module each, which defines a `Source`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli.errors import UserError
from gan_cli.registry import Registry, own_code

if TYPE_CHECKING:
    from gan_cli.config.resolved import ResolvedData
    from gan_cli.config.schema import DataConfig
    from gan_cli.data.collection import SourceSplits
    from gan_cli.data.sources.source import Source
    from gan_cli.domains.domain import Domain

SOURCES = Registry(
    "source",
    {
        "builtin": "gan_cli.data.sources.builtin:SOURCE",
        "chorales": "gan_cli.data.sources.chorales:SOURCE",
        "folder": "gan_cli.data.sources.folder:SOURCE",
        "idx": "gan_cli.data.sources.idx:SOURCE",
        "midi": "gan_cli.data.sources.midi:SOURCE",
        "npz": "gan_cli.data.sources.npz:SOURCE",
        "points": "gan_cli.data.sources.points:SOURCE",
        "text": "gan_cli.data.sources.text:SOURCE",
        "tfds": "gan_cli.data.sources.tfds:SOURCE",
    },
    of="gan_cli.data.sources.source:Source",
    or_function=True,
    calls={"": "config", "open": "config", "domain": "config"},
)


def source_of(config: DataConfig) -> Source:
    """Returns the source that a config names, with the options that it gives.

    A `module:attribute` may name a `Source`, or its `open` alone.

    Raises:
      UserError: there is no such source, or it does not have such options.
    """
    from gan_cli.data.sources.source import Source

    found = SOURCES.load(config.source)
    source = found if isinstance(found, Source) else Source(found)
    return source.configured(config)


def open_source(config: DataConfig, source: Source) -> SourceSplits:
    """Opens the samples of a config's source.

    Raises:
      UserError: the source cannot open them, or is the user's own and fails.
    """
    from gan_cli.data.collection import SourceSplits

    with own_code(f"data.source: open of '{config.source}'", config.source):
        found = source.open(config)
    if not isinstance(found, SourceSplits):
        raise UserError(
            f"data.source: open of '{config.source}' must return SourceSplits of"
            f" gan_cli.data.collection, got {type(found).__name__}"
        )
    return found


def domain_of(config: ResolvedData) -> Domain:
    """Returns the kind of sample of a run, from the data section of its resolved config.

    Raises:
      UserError: as `source_of`.
    """
    from gan_cli.domains.images import Images

    source = source_of(config)
    domain = None if source.domain is None else source.domain(config)
    if domain is not None:
        return domain
    height, width = config.image_size
    return Images((height, width, config.channels))
