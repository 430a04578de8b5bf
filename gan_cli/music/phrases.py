"""Phrases cut out of pieces: what a roll shows, and where phrases may start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gan_cli.music.grid import Grid
from gan_cli.music.instruments import track_of
from gan_cli.music.piece import Instrument, Note, Piece
from gan_cli.music.rolls import Roll, roll_of

# A phrase has notes in so many tracks, where the form has as many.
FEWEST_TRACKS = 2


@dataclass(frozen=True)
class RollForm:
    """What phrases of one run look like.

    Attributes:
      grid: length, meter and steps of a phrase.
      instruments: of the tracks, named after families of General MIDI.
      lowest, highest: the pitches that a phrase shows.
    """

    grid: Grid
    instruments: tuple[Instrument, ...]
    lowest: int
    highest: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a phrase: [steps, pitches, tracks]."""
        return self.grid.steps, self.highest - self.lowest + 1, len(self.instruments)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tracks."""
        return tuple(instrument.name for instrument in self.instruments)


@dataclass(frozen=True)
class Cut:
    """What a piece gives to a run.

    Attributes:
      rolls: one for each stretch of the piece in the run's meter, of whole bars; none where the
        stretch has no notes in the tracks.
      has_meter: whether a stretch of the piece is in the run's meter.
      bars_in_other_meters: about how many bars of the run's meter the rest is as long as.
      outside: notes whose pitch lies outside the form's.
      without_track: notes of instruments that no track takes.
    """

    rolls: tuple[Roll, ...]
    has_meter: bool
    bars_in_other_meters: float
    outside: int
    without_track: int

    @property
    def num_notes(self) -> int:
        """Number of notes in the rolls."""
        return sum(roll.num_notes for roll in self.rolls)


def cut(piece: Piece, form: RollForm) -> Cut:
    """Draws a piece on rolls; instruments of one family share a track."""
    notes: list[list[Note]] = [[] for _ in form.instruments]
    without_track = 0
    for track in piece.tracks:
        index: int | None
        if track.instrument in form.instruments:
            index = form.instruments.index(track.instrument)
        else:
            index = track_of(track.instrument, form.names)
        if index is None:
            without_track += len(track.notes)
        else:
            notes[index] += track.notes
    rolls, others = [], 0
    ends = [change.tick for change in piece.meters[1:]]
    for change, end in zip(piece.meters, [*ends, piece.length], strict=True):
        if change.meter == form.grid.meter:
            rolls.append(_stretch(piece, notes, form, change.tick, end))
        else:
            others += max(end - change.tick, 0)
    bar = form.grid.ticks_of_bars(1, piece.ticks_per_quarter)
    return Cut(
        tuple(roll for roll in rolls if len(roll.cells)),
        bool(rolls),
        others / max(bar, 1),
        sum(roll.outside for roll in rolls),
        without_track,
    )


def phrase_starts(roll: Roll, form: RollForm, stride: int = 1) -> Iterator[int]:
    """Yields the steps at which phrases start: bars that a whole phrase fits behind.

    A phrase without notes in two tracks, or in one where the form has only one, is left out.

    Args:
      stride: bars from one start to the next, counted from the beginning of the roll.
    """
    grid = form.grid
    fewest = min(FEWEST_TRACKS, len(form.instruments))
    for start in range(0, len(roll.cells) - grid.steps + 1, stride * grid.steps_per_bar):
        if roll.cells[start : start + grid.steps].any(axis=(0, 1)).sum() >= fewest:
            yield start


def _stretch(piece: Piece, notes: list[list[Note]], form: RollForm, first: int, last: int) -> Roll:
    """Draws what lies between two ticks; the last bar is completed by silence."""

    def step_of(tick: int) -> int:
        return form.grid.step_of(tick - first, piece.ticks_per_quarter)

    on_grid: list[list[Note]] = []
    for own in notes:
        steps = []
        for note in own:
            if first <= note.start < last or (note.start < first < note.end):
                start = step_of(note.start)
                # Short notes keep one step.
                steps.append(note._replace(start=start, end=max(step_of(note.end), start + 1)))
        on_grid.append(steps)
    bar = form.grid.steps_per_bar
    is_end = last >= piece.length
    # Before another meter only whole bars count; what lies behind the last note is not music.
    latest = max((note.end for own in on_grid for note in own), default=0)
    bars = step_of(last) // bar
    if is_end:
        bars = min(-(-latest // bar), -(-step_of(last) // bar))
    return roll_of(form.instruments, on_grid, max(bars, 0) * bar, form.lowest, form.highest)


def transposed(cells: np.ndarray, semitones: int, drums: tuple[bool, ...]) -> np.ndarray:
    """Returns rolls with the pitches of all tracks but drums moved.

    Args:
      cells: uint8 [..., pitches, tracks]; what is moved over an edge is lost.
      drums: for every track, whether it is of drums.
    """
    moved = np.zeros_like(cells)
    pitches = cells.shape[-2]
    source = slice(max(-semitones, 0), pitches - max(semitones, 0))
    target = slice(max(semitones, 0), pitches + min(semitones, 0))
    moved[..., target, :] = cells[..., source, :]
    kept = np.array(drums)
    moved[..., kept] = cells[..., kept]
    return moved


def transpositions(
    cells: np.ndarray,
    drums: tuple[bool, ...],
    furthest: tuple[int, int],
    ranges: tuple[tuple[int, int], ...] = (),
) -> tuple[int, int]:
    """Returns how far a roll can be moved down and up without losing a note.

    Args:
      cells: uint8 [steps, pitches, tracks].
      furthest: bounds of the answer, such as (-6, 5).
      ranges: for each track, the lowest and the highest index of a pitch that it may play; a track
        that leaves its range on one side already is not moved further to that side. Empty: all
        pitches.
    """
    pitched = ~np.array(drums)
    sounding = np.flatnonzero(cells[:, :, pitched].any(axis=(0, 2)))
    if not len(sounding):
        return 0, 0
    down, up = -int(sounding[0]), cells.shape[1] - 1 - int(sounding[-1])
    for track, (lowest, highest) in enumerate(ranges):
        own = np.flatnonzero(cells[:, :, track].any(axis=0))
        if len(own) and not drums[track]:
            down = max(down, min(lowest - int(own[0]), 0))
            up = min(up, max(highest - int(own[-1]), 0))
    return max(down, furthest[0]), min(up, furthest[1])
