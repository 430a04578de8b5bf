"""Finds the key of a piece, and moves pieces to C major or A minor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gan_cli.music.piece import Piece, Track

_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
# How much the last bass note decides, as a share of the piece, where two scales fit about equally:
# a piece ends on its tonic.
_LAST_IS_MAJOR, _LAST_IS_MINOR = 0.02, 0.015


def major_scale_of(piece: Piece) -> int:
    """Returns the tonic, 0 (C) to 11, of the major scale that holds most of a piece's notes.

    Notes count by their length, those of drums not at all. A minor key has the scale of its
    relative major. Of scales that fit about equally, the one is chosen whose tonic, or relative
    minor's tonic, is the last note of the lowest track.
    """
    pitched = [track for track in piece.tracks if not track.instrument.is_drums and track.notes]
    lengths = np.zeros(12)
    for track in pitched:
        for note in track.notes:
            lengths[note.pitch % 12] += note.end - note.start
    if not pitched:
        return 0
    lowest = min(pitched, key=lambda track: float(np.mean([note.pitch for note in track.notes])))
    last = lowest.notes[-1].pitch
    total = lengths.sum()
    fits = [
        lengths[(_MAJOR + root) % 12].sum()
        + total * _LAST_IS_MAJOR * ((last - root) % 12 == 0)
        + total * _LAST_IS_MINOR * ((last - root) % 12 == 9)
        for root in range(12)
    ]
    return int(np.argmax(fits))


def in_c(piece: Piece, ranges: Sequence[tuple[int, int]] = ()) -> Piece:
    """Moves a piece to C major or A minor; drums stay as they are. See `way_to_c`."""
    return transposed_piece(piece, way_to_c(piece, ranges))


def way_to_c(piece: Piece, ranges: Sequence[tuple[int, int]] = ()) -> int:
    """Returns by how many semitones, up or down, a piece moves to C major or A minor.

    Args:
      ranges: for each track, its lowest and highest MIDI key. Of the two ways, up or down, the one
        is taken that leaves fewer notes outside; of equals, the shorter one.
    """
    root = major_scale_of(piece)
    ways = (-root, 12 - root) if root else (0,)

    def cost(semitones: int) -> tuple[int, int]:
        outside = sum(
            not low <= note.pitch + semitones <= high
            for track, (low, high) in zip(piece.tracks, ranges, strict=False)
            if not track.instrument.is_drums
            for note in track.notes
        )
        return outside, abs(semitones)

    return min(ways, key=cost)


def transposed_piece(piece: Piece, semitones: int) -> Piece:
    """Moves all notes but those of drums; notes that leave the MIDI keys move by an octave less."""

    def moved(track: Track) -> Track:
        if track.instrument.is_drums:
            return track
        notes = (note._replace(pitch=_within_keys(note.pitch + semitones)) for note in track.notes)
        return replace(track, notes=tuple(sorted(notes)))

    return replace(piece, tracks=tuple(moved(track) for track in piece.tracks))


def _within_keys(pitch: int) -> int:
    return pitch + 12 if pitch < 0 else pitch - 12 if pitch > 127 else pitch
