"""A folder of MIDI files, cut into phrases; folders inside it, if any, are the classes."""

from __future__ import annotations

import os
from pathlib import Path

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.data.files_identity import files_identity
from gan_cli.data.phrases import NamedPiece, phrases_of
from gan_cli.data.sources.source import Source
from gan_cli.domains.phrases import Phrases
from gan_cli.domains.rolls import Rolls
from gan_cli.domains.voices import voices_of
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path
from gan_cli.music.grid import Grid, meter_named
from gan_cli.music.instruments import instruments_named
from gan_cli.music.keys import in_c
from gan_cli.music.midi_reader import ENDINGS, MidiError, read_midi_file, require_mido
from gan_cli.music.phrases import RollForm
from gan_cli.music.voices import lanes_of

_MOST_STEPS, _FEWEST_PITCHES = 1024, 8


def open_source(config: DataConfig) -> SourceSplits:
    """Opens all MIDI files below `data.path` and cuts them into phrases of `data.midi.bars` bars.

    By default a phrase starts at every bar, so that phrases of one piece overlap: all of them are
    trained on, or all held out. If the folder has subfolders, the class of a file is the first
    folder on its path. Files that cannot be read are corrupt ones (`data.on_corrupt`).

    Raises:
      UserError: mido is not installed, the folder is missing or without MIDI files, only some files
        have a class, or no phrase is left.
    """
    domain = domain_of(config)
    if config.midi.path is None:
        raise UserError("data.path: is required for source 'midi'")
    require_mido("data.source", "'midi'")
    root = user_path(config.midi.path)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise UserError(f"data.path: {root} {what}; it must be a folder of MIDI files")
    try:
        files = _midi_files(root)
        class_names, labels = _classes(root, files)
        identity = files_identity(root, files)
    except OSError as error:
        raise UserError(f"data.path: {error.filename}: cannot be read: {error.strerror}") from error
    pieces, corrupt = [], []
    for file, label in zip(files, labels, strict=True):
        try:
            piece = read_midi_file(file)
            if domain.is_in_c:
                piece = in_c(piece, [config.midi.pitches] * len(piece.tracks))
            pieces.append(NamedPiece(str(file), piece, label))
        except MidiError as error:
            corrupt.append(f"{file}: {error}")
    whole = f"{identity} {config.midi!r}"
    stride = config.midi.stride
    found = phrases_of(pieces, domain, class_names, whole, tuple(corrupt), stride)
    return SourceSplits(found)


def domain_of(config: DataConfig) -> Phrases:
    """Returns the kind of sample that the keys of `data.midi` describe.

    Raises:
      UserError: a key has a value that no phrase can have.
    """
    form, keys = form_of(config), config.midi
    transposes, is_in_c = keys.transpose == "within_range", keys.transpose == "to_c"
    if keys.form == "rolls":
        return Rolls(form.shape, form, keys.tempo, transposes, is_in_c=is_in_c)
    lanes = lanes_of(form.instruments, form.lowest, form.highest, keys.voices)
    return voices_of(form, lanes, keys.tempo, transposes, is_in_c=is_in_c)


def form_of(config: DataConfig) -> RollForm:
    """Returns what phrases look like.

    Raises:
      UserError: a key has a value that no phrase can have.
    """
    keys = config.midi
    grid = Grid(keys.bars, keys.steps_per_beat, meter_named(keys.meter, "data.meter"))
    lowest, highest = keys.pitches
    if highest - lowest + 1 < _FEWEST_PITCHES:
        raise UserError(
            f"data.pitches: must be the lowest and the highest of at least {_FEWEST_PITCHES}"
            f" pitches, such as [24, 95], got [{lowest}, {highest}]"
        )
    if grid.steps > _MOST_STEPS:
        raise UserError(
            f"data.bars: {keys.bars} bars have {grid.steps:,} steps, and a phrase at most"
            f" {_MOST_STEPS:,}; take fewer bars, or fewer steps_per_beat"
        )
    return RollForm(grid, instruments_named(keys.tracks, "data.tracks"), lowest, highest)


def _midi_files(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        found += [
            Path(folder, name)
            for name in names
            if name.lower().endswith(ENDINGS)
            and not name.startswith(".")
            # A pipe would make its reader wait without end.
            and os.path.isfile(os.path.join(folder, name))
        ]
    if not found:
        raise UserError(f"data.path: {root} holds no MIDI files ({', '.join(ENDINGS)})")
    return sorted(found)


def _classes(root: Path, files: list[Path]) -> tuple[tuple[str, ...], list[int | None]]:
    parts = [file.relative_to(root).parts for file in files]
    names = sorted({part[0] for part in parts if len(part) > 1})
    loose = [part[0] for part in parts if len(part) == 1]
    if not names:
        return (), [None] * len(files)
    if loose:
        raise UserError(
            f"data.path: {root} holds both class folders and {len(loose)} loose files, such as"
            f" {loose[0]}; move them into a class folder, or the folders elsewhere"
        )
    return tuple(names), [names.index(part[0]) for part in parts]


SOURCE = Source(open_source, domain_of)
