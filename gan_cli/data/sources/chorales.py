"""Bach's chorales for four voices, from the corpus of an installed music21."""

from __future__ import annotations

import collections
import importlib.util
from pathlib import Path

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.data.phrases import NamedPiece, phrases_of
from gan_cli.data.sources.source import Source
from gan_cli.domains.phrases import Phrases
from gan_cli.domains.rolls import Rolls
from gan_cli.domains.voices import voices_of
from gan_cli.errors import UserError
from gan_cli.music.grid import Grid
from gan_cli.music.keys import in_c
from gan_cli.music.phrases import RollForm
from gan_cli.music.scores import VOICES, ScoreError, read_score_file
from gan_cli.music.voices import Lane

# What the voices sing in the whole corpus, as MIDI keys.
RANGES = ((57, 81), (53, 74), (48, 69), (36, 64))
# Four octaves, which hold all ranges.
LOWEST, HIGHEST = 36, 83
# For each voice, the first pitch that it has a symbol for; and how many it has. In C, pieces leave
# the ranges where the other way would leave them further.
_IN_ANY_KEY = tuple(low for low, _ in RANGES), 29
_IN_C = (55, 48, 43, 31), 37
# Part of the identity. Raise it with every change to how scores are read.
_VERSION = 2


def open_source(config: DataConfig) -> SourceSplits:
    """Reads the chorales in 4/4 and cuts them into phrases of `data.chorales.bars` bars.

    By default a phrase starts at every bar after the pick-up. All phrases of a chorale are either
    trained on or held out.

    Raises:
      UserError: music21 or its corpus is not installed, or no phrase is left.
    """
    folder, domain = _corpus(), domain_of(config)
    pieces, left_out = [], collections.Counter[str]()
    files = sorted(folder.glob("*.mxl"))
    for file in files:
        try:
            piece = read_score_file(file)
            pieces.append(NamedPiece(file.stem, in_c(piece, RANGES) if domain.is_in_c else piece))
        except ScoreError as error:
            left_out[str(error)] += 1
    if not pieces:
        raise UserError(
            f"data.source: {folder} holds no chorales; reinstall music21:"
            " pip install --force-reinstall music21"
        )
    sizes = [(file.name, file.stat().st_size) for file in files]
    identity = f"chorales {_VERSION} {sizes} {config.chorales!r}"
    found = phrases_of(pieces, domain, (), identity, stride=config.chorales.stride)
    notes = tuple(
        f"left out, {why}: {count} of {len(files)} scores"
        for why, count in sorted(left_out.items())
    )
    return SourceSplits(found.with_notes(notes))


def domain_of(config: DataConfig) -> Phrases:
    """Returns the kind of sample that the keys of `data.chorales` describe."""
    keys = config.chorales
    grid = Grid(keys.bars, 4)
    is_in_c = keys.transpose == "to_c"
    lowest, count = _IN_C if is_in_c else _IN_ANY_KEY
    transposes = keys.transpose == "within_range"
    if keys.form == "voices":
        form = RollForm(grid, VOICES, min(lowest), max(lowest) + count - 1)
        lanes = (
            Lane(voice, tuple(range(first, first + count))) for voice, first in enumerate(lowest)
        )
        return voices_of(form, tuple(lanes), keys.tempo, transposes, RANGES, is_in_c)
    form = RollForm(grid, VOICES, min(LOWEST, *lowest), HIGHEST)
    return Rolls(form.shape, form, keys.tempo, transposes, RANGES, is_in_c)


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
