"""Music of the user's, as phrases of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gan_cli.domains.phrases import Phrases
from gan_cli.errors import UserError
from gan_cli.music.instruments import track_of
from gan_cli.music.keys import transposed_piece, way_to_c
from gan_cli.music.midi_reader import MidiError, read_midi_file, require_mido
from gan_cli.music.phrases import cut
from gan_cli.music.piece import Note, Piece, Track

_MOST_PHRASES = 16


@dataclass(frozen=True)
class Given:
    """What a file gives to a generator of phrases.

    Attributes:
      piece: the file's notes, in tracks of the run's instruments.
      semitones: by how many the phrases are higher than the piece.
      symbols: uint8 [phrases, *stored_shape]; stored phrases.
      is_known: bool, of the same shape: which symbols the file decides. Others belong to tracks
        that it has no notes for, or lie behind its end.
      bars: length of the file in bars; the phrases may be longer.
      without_track: notes of the file that belong to no track of the run.
      without_place: notes in the run's tracks that the phrases have no pitch or voice for.
    """

    piece: Piece
    semitones: int
    symbols: np.ndarray
    is_known: np.ndarray
    bars: int
    without_track: int
    without_place: int

    @property
    def tracks(self) -> list[int]:
        """Indices of the tracks that the file has notes for."""
        return [number for number, track in enumerate(self.piece.tracks) if track.notes]


def given_tracks(path: Path, domain: Phrases) -> Given:
    """Reads a MIDI file as tracks of a run.

    A track belongs to the instrument of its name, else to that of its General MIDI family. In runs
    of choral voices, tracks without either take the voices that are left, from the highest one on.

    Raises:
      UserError: the file cannot be read, has no such track, another meter, or too many phrases.
    """
    require_mido("image", "music that is given")
    if not path.is_file():
        raise UserError(f"{path} is no file", key="image")
    try:
        whole = read_midi_file(path)
    except MidiError as error:
        raise UserError(f"{path}: {error}", key="image") from error
    piece = _with_instruments(whole, domain)
    form, grid = domain.form, domain.form.grid
    if not piece.num_notes:
        raise UserError(f"{path} has no notes for {', '.join(form.names)}", key="image")
    ranges = domain.ranges or [(form.lowest, form.highest)] * len(piece.tracks)
    semitones = way_to_c(piece, ranges) if domain.is_in_c else 0
    found = cut(transposed_piece(piece, semitones), form)
    if len(piece.meters) > 1 or not found.rolls:
        raise UserError(
            f"{path} is not in {grid.meter} from beginning to end, as the run's phrases are",
            key="image",
        )
    cells = found.rolls[0].cells
    count = -(-len(cells) // grid.steps)
    if count > _MOST_PHRASES:
        raise UserError(
            f"{path} has {len(cells) // grid.steps_per_bar:,} bars; at most"
            f" {_MOST_PHRASES * grid.bars} are read",
            key="image",
        )
    padded = np.zeros([count * grid.steps, *cells.shape[1:]], np.uint8)
    padded[: len(cells)] = cells
    symbols = np.stack([domain.of_roll(part) for part in np.split(padded, count)])
    is_known = np.zeros([len(padded), *symbols.shape[2:]], bool)
    is_known[: len(cells)] = [bool(piece.tracks[t].notes) for t in domain.track_of_channels]
    return Given(
        piece,
        semitones,
        symbols,
        is_known.reshape(symbols.shape),
        len(cells) // grid.steps_per_bar,
        whole.num_notes - piece.num_notes,
        found.outside + domain.lost_notes(cells),
    )


def _with_instruments(piece: Piece, domain: Phrases) -> Piece:
    """Returns a piece with a track for each instrument of a run, in their order."""
    instruments, names = domain.form.instruments, domain.form.names
    notes: list[list[Note]] = [[] for _ in names]
    unnamed = []
    for track in piece.tracks:
        name = track.instrument.name.strip().lower()
        index = names.index(name) if name in names else track_of(track.instrument, names)
        if index is not None and instruments[index].is_drums == track.instrument.is_drums:
            notes[index] += track.notes
        elif track.notes and not track.instrument.is_drums:
            unnamed.append(track)
    if domain.ranges:
        free = (own for own in notes if not own)
        for track, own in zip(unnamed, free, strict=False):
            own += track.notes
    tracks = (
        Track(instrument, tuple(sorted(own)))
        for instrument, own in zip(instruments, notes, strict=True)
    )
    return replace(piece, tracks=tuple(tracks))
