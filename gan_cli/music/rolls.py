"""Piano rolls: which pitches of which tracks sound in every step.

A roll cannot say whether a note is held or struck again. In a drum track, every cell is a stroke.
In the other tracks, a note that follows another of its pitch without a gap shortens that one by a
step, so that a gap keeps them apart. Where the earlier note has one step only, the two are joined;
`Roll.joined` counts these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan_cli.music.piece import Instrument, Note

SOUNDS = 255


@dataclass(frozen=True)
class Roll:
    """A roll, and what it cannot show of the notes that it was made from.

    Attributes:
      cells: uint8 [steps, pitches, tracks], 0 or 255.
      num_notes: number of notes within the pitches and steps of the roll.
      joined: how many of these join the note before.
      outside: number of notes whose pitch lies outside.
    """

    cells: np.ndarray
    num_notes: int
    joined: int
    outside: int


def roll_of(
    instruments: Sequence[Instrument],
    notes: Sequence[Sequence[Note]],
    steps: int,
    lowest: int,
    highest: int,
) -> Roll:
    """Draws notes on a roll.

    Args:
      notes: of every instrument, with `start` and `end` in steps; what lies before step 0 or after
        the last one is cut off.
      lowest, highest: the pitches that the roll shows; drums outside are left out as well.
    """
    cells = np.zeros([steps, highest - lowest + 1, len(instruments)], np.uint8)
    count = joined = outside = 0
    for track, (instrument, own) in enumerate(zip(instruments, notes, strict=True)):
        for note in sorted(own):
            start, end = max(note.start, 0), min(note.end, steps)
            if start >= end:
                continue
            if not lowest <= note.pitch <= highest:
                outside += 1
                continue
            column = cells[:, note.pitch - lowest, track]
            if instrument.is_drums:
                # A stroke before the roll is not one of its strokes.
                if note.start >= 0:
                    column[start] = SOUNDS
                    count += 1
                continue
            count += 1
            # Of two notes of one pitch that overlap, the later one ends the earlier one.
            column[start:] = 0
            if start > 0 and column[start - 1]:
                if start >= 2 and column[start - 2]:
                    column[start - 1] = 0
                else:
                    joined += 1
            column[start:end] = SOUNDS
    return Roll(cells, count, joined, outside)


def notes_of(cells: np.ndarray, instruments: Sequence[Instrument], lowest: int) -> list[list[Note]]:
    """Returns the notes on a roll, with `start` and `end` in steps, ordered by start and pitch.

    Args:
      cells: uint8 [steps, pitches, tracks]; 128 and more sound.
    """
    sounds = np.asarray(cells) >= 128
    steps = len(sounds)
    found: list[list[Note]] = []
    for track, instrument in enumerate(instruments):
        own = sounds[:, :, track]
        if instrument.is_drums:
            starts = np.argwhere(own)
            found.append([Note(int(s), int(s) + 1, int(p) + lowest) for s, p in starts])
            continue
        # Ordered by pitch and step, the n-th start belongs to the n-th end.
        edges = np.diff(own.astype(np.int8), axis=0, prepend=0, append=0).T
        starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
        found.append(
            sorted(
                Note(int(start), int(end), int(pitch) + lowest)
                for (pitch, start), (_, end) in zip(starts, ends, strict=True)
            )
        )
        assert all(note.end <= steps for note in found[-1])
    return found
