"""Where images come from: one module each, which defines a `Source`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli.registry import Registry

if TYPE_CHECKING:
    from gan_cli.config.resolved import ResolvedData
    from gan_cli.data.sources.source import Source
    from gan_cli.domains.domain import Domain

SOURCES = Registry(
    "source",
    {
        "builtin": "gan_cli.data.sources.builtin:SOURCE",
        "folder": "gan_cli.data.sources.folder:SOURCE",
        "idx": "gan_cli.data.sources.idx:SOURCE",
        "npz": "gan_cli.data.sources.npz:SOURCE",
        "points": "gan_cli.data.sources.points:SOURCE",
        "tfds": "gan_cli.data.sources.tfds:SOURCE",
    },
)


def load_source(name: str) -> Source:
    """Imports a source by its name, or by `module:attribute`, which may be its `open` alone.

    Raises:
      UserError: there is no such source.
    """
    from gan_cli.data.sources.source import Source

    found = SOURCES.load(name)
    return found if isinstance(found, Source) else Source(found)


def domain_of(config: ResolvedData) -> Domain:
    """Returns the kind of sample of a run, from the data section of its resolved config.

    Raises:
      UserError: there is no such source.
    """
    from gan_cli.domains.images import Images

    source = load_source(config.source)
    if source.domain is not None:
        return source.domain(config)
    height, width = config.image_size
    return Images((height, width, config.channels))
