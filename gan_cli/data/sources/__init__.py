"""Where images come from: one module each, every one opening a `Collection` for each split."""

from gan_cli.registry import Registry

SOURCES = Registry(
    "source",
    {
        "builtin": "gan_cli.data.sources.builtin:open_source",
        "folder": "gan_cli.data.sources.folder:open_source",
        "idx": "gan_cli.data.sources.idx:open_source",
        "npz": "gan_cli.data.sources.npz:open_source",
        "points": "gan_cli.data.sources.points:open_source",
        "tfds": "gan_cli.data.sources.tfds:open_source",
    },
)
