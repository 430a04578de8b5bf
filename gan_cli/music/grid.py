"""Notes on a grid: a phrase of some bars, in steps that divide the beat equally."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gan_cli.errors import UserError
from gan_cli.music.piece import (
    COMMON_TIME,
    Instrument,
    Meter,
    MeterChange,
    Note,
    Piece,
    TempoChange,
    Track,
    microseconds_of,
)

_UNITS = (1, 2, 4, 8, 16)
_MOST_BEATS = 32
_TICKS_PER_STEP = 120


@dataclass(frozen=True)
class Grid:
    """A phrase of some bars of one meter, in steps.

    Attributes:
      steps_per_beat: a beat is the lower number of the meter: in 6/8 an eighth note. 4 steps of a
        quarter are sixteenths, 12 hold triplets as well.
    """

    bars: int
    steps_per_beat: int
    meter: Meter = COMMON_TIME

    @property
    def steps_per_bar(self) -> int:
        """Number of steps in a bar."""
        return self.steps_per_beat * self.meter.beats

    @property
    def steps(self) -> int:
        """Number of steps in a phrase."""
        return self.bars * self.steps_per_bar

    @property
    def ticks_per_quarter(self) -> int:
        """Ticks of a quarter note in pieces that `piece_of` makes."""
        return _TICKS_PER_STEP * self.steps_per_beat * self.meter.unit // 4

    def step_of(self, tick: int, ticks_per_quarter: int) -> int:
        """Returns the step that is nearest to a tick; halfway, the later one."""
        doubled = 2 * tick * self.meter.unit * self.steps_per_beat + 4 * ticks_per_quarter
        return doubled // (8 * ticks_per_quarter)

    def ticks_of_bars(self, bars: int, ticks_per_quarter: int) -> int:
        """Returns the length of some bars in ticks of a quarter note, rounded down."""
        return bars * self.meter.beats * 4 * ticks_per_quarter // self.meter.unit

    def piece_of(
        self,
        instruments: Sequence[Instrument],
        notes: Sequence[Sequence[Note]],
        beats_a_minute: float,
        steps: int | None = None,
    ) -> Piece:
        """Returns notes on the grid as a piece.

        Args:
          notes: of every instrument, with `start` and `end` in steps.
          beats_a_minute: the tempo; a beat is the lower number of the meter.
          steps: length of the piece; default: a phrase.
        """
        tracks = tuple(
            Track(
                instrument,
                tuple(
                    note._replace(
                        start=note.start * _TICKS_PER_STEP, end=note.end * _TICKS_PER_STEP
                    )
                    for note in sorted(own)
                ),
            )
            for instrument, own in zip(instruments, notes, strict=True)
        )
        length = (self.steps if steps is None else steps) * _TICKS_PER_STEP
        tempo = TempoChange(0, microseconds_of(beats_a_minute * 4 / self.meter.unit))
        return Piece(
            self.ticks_per_quarter, length, tracks, (tempo,), (MeterChange(0, self.meter),)
        )


def meter_named(text: str, key: str) -> Meter:
    """Returns the meter that text such as 3/4 names.

    Args:
      key: the config key that holds the text, for messages.

    Raises:
      UserError: the text names no meter.
    """
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})", text)
    beats, unit = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= beats <= _MOST_BEATS or unit not in _UNITS:
        raise UserError(
            f"must be beats/unit with 1 to {_MOST_BEATS} beats in a bar and a unit of"
            f" {', '.join(map(str, _UNITS))}, such as 3/4, got '{text}'",
            key=key,
        )
    return Meter(beats, unit)
