"""Bach's chorales for four voices, from the corpus of an installed music21."""

from __future__ import annotations

import collections
import importlib.util
from pathlib import Path

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.data.phrases import NamedPiece, phrases_of
from gan_cli.data.sources.source import Source
from gan_cli.domains.rolls import Rolls
from gan_cli.errors import UserError
from gan_cli.music.grid import Grid
from gan_cli.music.phrases import RollForm
from gan_cli.music.scores import VOICES, ScoreError, read_score_file

# What the voices sing in the whole corpus, as MIDI keys.
RANGES = ((57, 81), (53, 74), (48, 69), (36, 64))
# Four octaves, which hold all ranges.
LOWEST, HIGHEST = 36, 83
# Part of the identity. Raise it with every change to how scores are read.
_VERSION = 1


def open_source(config: DataConfig) -> SourceSplits:
    """Reads the chorales in 4/4 and cuts them into phrases of `data.chorales.bars` bars.

    A phrase starts at every bar after the pick-up. All phrases of a chorale are either trained on
    or held out.

    Raises:
      UserError: music21 or its corpus is not installed, or no phrase is left.
    """
    folder = _corpus()
    pieces, left_out = [], collections.Counter[str]()
    files = sorted(folder.glob("*.mxl"))
    for file in files:
        try:
            pieces.append(NamedPiece(file.stem, read_score_file(file)))
        except ScoreError as error:
            left_out[str(error)] += 1
    if not pieces:
        raise UserError(
            f"data.source: {folder} holds no chorales; reinstall music21:"
            " pip install --force-reinstall music21"
        )
    sizes = [(file.name, file.stat().st_size) for file in files]
    identity = f"chorales {_VERSION} {sizes} {config.chorales!r}"
    found = phrases_of(pieces, _form(config), (), identity)
    notes = tuple(
        f"left out, {why}: {count} of {len(files)} scores"
        for why, count in sorted(left_out.items())
    )
    return SourceSplits(found.with_notes(notes))


def domain_of(config: DataConfig) -> Rolls:
    """Returns the kind of sample that the keys of `data.chorales` describe."""
    form, keys = _form(config), config.chorales
    return Rolls(form.shape, form, keys.tempo, keys.transpose == "within_range", RANGES)


def _form(config: DataConfig) -> RollForm:
    return RollForm(Grid(config.chorales.bars, 4), VOICES, LOWEST, HIGHEST)


def _corpus() -> Path:
    # Finds the package without running it: importing music21 takes seconds.
    found = importlib.util.find_spec("music21")
    if found is None or not found.submodule_search_locations:
        raise UserError(
            "data.source: 'chorales' reads the corpus of music21, which is not installed;"
            " pip install 'gan-cli[music]'"
        )
    folder = Path(found.submodule_search_locations[0], "corpus", "bach")
    if not folder.is_dir():
        raise UserError(
            f"data.source: 'chorales' reads the corpus of music21, but {folder} is missing;"
            " pip install --force-reinstall music21"
        )
    return folder


SOURCE = Source(open_source, domain_of)
