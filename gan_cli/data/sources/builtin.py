"""The small real data sets that ship inside the package."""

import gzip
import hashlib
import string
import sys
import unicodedata
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
from gan_cli.data.strings import Labelled, TextForm, prepare_strings
from gan_cli.domains.domain import Domain
from gan_cli.domains.phrases import Phrases
from gan_cli.domains.rolls import Rolls
from gan_cli.domains.tokens import strings_of
from gan_cli.domains.voices import voices_of
from gan_cli.errors import UserError
from gan_cli.music.composer import BEATS_A_MINUTE, HIGHEST, LOWEST, STYLES, TRACKS, songs_of
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.keys import in_c
from gan_cli.music.phrases import RollForm
from gan_cli.music.voices import lanes_of

NAMES = ("digits", "songs", "surnames", "unicode")
_SONGS_OF_STYLE = 40
# On the way to C, songs move down by so many semitones at most, and the lowest ones up.
_FURTHEST = 6
# Alphabet and length of the sets of strings.
_STRINGS = {
    "surnames": (string.ascii_uppercase, 16),
    "unicode": (" -" + string.digits + string.ascii_uppercase, 32),
}


def open_source(config: DataConfig) -> SourceSplits:
    """Opens the data set called `data.name`.

    digits: 1,797 handwritten digits of 8 x 8 pixels in 17 gray levels, from the test part of
    "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, UCI Machine Learning
    Repository, CC BY 4.0); see `builtin/README.md`.

    songs: phrases of four bars from 160 songs for drums, bass, piano and lead, composed by rule in
    four styles, which are the classes; see `music.composer`. As voices, all are moved to C.

    surnames: 88,799 surnames of the census of the United States of 1990; see `builtin/README.md`.

    unicode: the names of characters in Unicode 3.2 of at most 32 characters, such as LATIN SMALL
    LETTER A, without those of Chinese and Korean characters, which are numbered or composed.
    """
    name = _known_name(config)
    if name == "songs":
        return SourceSplits(_songs(_songs_domain(config)))
    if name in _STRINGS:
        return SourceSplits(_strings(name))
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


def _songs(domain: Phrases) -> Collection:
    pieces = [
        NamedPiece(f"{style.name} {number + 1}", in_c(piece) if domain.is_in_c else piece, label)
        for label, style in enumerate(STYLES)
        for number, piece in enumerate(songs_of(style, _SONGS_OF_STYLE))
    ]
    names = tuple(style.name for style in STYLES)
    return phrases_of(pieces, domain, names, f"songs {_SONGS_OF_STYLE}")


def _songs_domain(config: DataConfig) -> Phrases:
    instruments = instruments_named(TRACKS, "data.name")
    if config.builtin.form == "rolls":
        rolls = RollForm(Grid(4, 4), instruments, LOWEST, HIGHEST)
        return Rolls(rolls.shape, rolls, BEATS_A_MINUTE, transposes=True)
    form = RollForm(Grid(4, 4), instruments, LOWEST - _FURTHEST, HIGHEST)
    lanes = lanes_of(form.instruments, form.lowest, form.highest, most=3)
    return voices_of(form, lanes, BEATS_A_MINUTE, transposes=False, is_in_c=True)


def _strings(name: str) -> Collection:
    lines = _surnames() if name == "surnames" else _unicode_names()
    alphabet, length = _STRINGS[name]
    form = TextForm(length, "keep", "skip", alphabet)
    return prepare_strings([Labelled(line) for line in lines], form, length).collection((), name)


def _surnames() -> list[str]:
    file = resources.files("gan_cli.data") / "builtin" / "surnames.txt.gz"
    return gzip.decompress(file.read_bytes()).decode("ascii").split()


def _unicode_names() -> list[str]:
    names = (unicodedata.ucd_3_2_0.name(chr(code), "") for code in range(sys.maxunicode + 1))
    numbered = ("CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-", "HANGUL SYLLABLE ")
    return [name for name in names if name and not name.startswith(numbered)]


def domain_of(config: DataConfig) -> Domain | None:
    """Returns the kind of sample of the data set called `data.name`; None: images."""
    name = _known_name(config)
    if name in _STRINGS:
        return strings_of(*_STRINGS[name])
    return _songs_domain(config) if name == "songs" else None


SOURCE = Source(open_source, domain_of)
