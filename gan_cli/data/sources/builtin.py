"""The small real data sets that ship inside the package."""

import hashlib
from importlib import resources
from io import BytesIO

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import (
    Collection,
    SourceSplits,
    array_collection,
    numbered_classes,
)
from gan_cli.data.phrases import NamedPiece, phrases_of
from gan_cli.data.sources.source import Source
from gan_cli.domains.domain import Domain
from gan_cli.domains.rolls import Rolls
from gan_cli.errors import UserError
from gan_cli.music.composer import BEATS_A_MINUTE, HIGHEST, LOWEST, STYLES, TRACKS, songs_of
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.phrases import RollForm

NAMES = ("digits", "songs")
_SONGS_OF_STYLE = 40


def open_source(config: DataConfig) -> SourceSplits:
    """Opens the data set called `data.name`.

    digits: 1,797 handwritten digits of 8 x 8 pixels in 17 gray levels, from the test part of
    "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, UCI Machine Learning
    Repository, CC BY 4.0); see `builtin/README.md`.

    songs: phrases of four bars from 160 songs for drums, bass, piano and lead, composed by rule in
    four styles, which are the classes; see `music.composer`.
    """
    name = _known_name(config)
    if name == "songs":
        return SourceSplits(_songs())
    file = resources.files("gan_cli.data") / "builtin" / f"{name}.npz"
    content = file.read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    identity = hashlib.sha256(content).hexdigest()
    return SourceSplits(array_collection(images, labels, numbered_classes(labels), name, identity))


def _known_name(config: DataConfig) -> str:
    name = config.builtin.name
    if name not in NAMES:
        raise UserError(f"data.name: unknown builtin '{name}' (known: {', '.join(NAMES)})")
    return name


def _songs() -> Collection:
    pieces = [
        NamedPiece(f"{style.name} {number + 1}", piece, label)
        for label, style in enumerate(STYLES)
        for number, piece in enumerate(songs_of(style, _SONGS_OF_STYLE))
    ]
    names = tuple(style.name for style in STYLES)
    return phrases_of(pieces, _songs_form(), names, f"songs {_SONGS_OF_STYLE}")


def _songs_form() -> RollForm:
    instruments = instruments_named(TRACKS, "data.name")
    return RollForm(Grid(4, 4), instruments, LOWEST, HIGHEST)


def domain_of(config: DataConfig) -> Domain | None:
    """Returns the kind of sample of the data set called `data.name`; None: images."""
    if _known_name(config) != "songs":
        return None
    form = _songs_form()
    return Rolls(form.shape, form, BEATS_A_MINUTE, transposes=True)


SOURCE = Source(open_source, domain_of)
