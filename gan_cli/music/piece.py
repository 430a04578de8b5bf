"""Notes in tracks, with tempo and meter: what a MIDI file says that can be written as a score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

USUAL_VELOCITY = 96
_MICROSECONDS_A_MINUTE = 60_000_000


class Note(NamedTuple):
    """One note.

    Attributes:
      start, end: in ticks of the piece, `start` before `end`.
      pitch: MIDI key, 0 to 127; 60 is middle C. On a drum track, the key of an instrument.
      velocity: 1 to 127.
    """

    start: int
    end: int
    pitch: int
    velocity: int = USUAL_VELOCITY


@dataclass(frozen=True)
class Instrument:
    """What plays a track: a General MIDI program (0 to 127), or the drum kit."""

    name: str
    program: int
    is_drums: bool = False


@dataclass(frozen=True)
class Track:
    """The notes of one instrument, ordered by start and pitch."""

    instrument: Instrument
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Meter:
    """A time signature: `beats` in a bar, each the `unit`-th part of a whole note, such as 3/4."""

    beats: int
    unit: int

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"


COMMON_TIME = Meter(4, 4)


class MeterChange(NamedTuple):
    """A meter that holds from a tick on."""

    tick: int
    meter: Meter


class TempoChange(NamedTuple):
    """A tempo that holds from a tick on, in microseconds a quarter note, as MIDI files say it."""

    tick: int
    microseconds: int

    @property
    def quarters_a_minute(self) -> float:
        """The tempo in quarter notes a minute."""
        return _MICROSECONDS_A_MINUTE / self.microseconds


@dataclass(frozen=True)
class Piece:
    """Tracks that sound together.

    Attributes:
      ticks_per_quarter: 1 to 32,767.
      length: in ticks; no note ends later.
      tempos, meters: ordered by tick, the first at tick 0.
    """

    ticks_per_quarter: int
    length: int
    tracks: tuple[Track, ...]
    tempos: tuple[TempoChange, ...]
    meters: tuple[MeterChange, ...]

    @property
    def num_notes(self) -> int:
        """Number of notes in all tracks."""
        return sum(len(track.notes) for track in self.tracks)

    def seconds_at(self, tick: int) -> float:
        """Returns the time at which a tick is played."""
        seconds = 0.0
        ends = [change.tick for change in self.tempos[1:]]
        for change, end in zip(self.tempos, [*ends, tick], strict=True):
            if change.tick >= tick:
                break
            part = min(end, tick) - change.tick
            seconds += part * change.microseconds / 1e6 / self.ticks_per_quarter
        return seconds


def microseconds_of(quarters_a_minute: float) -> int:
    """Returns a tempo as MIDI files say it, in microseconds a quarter note."""
    return round(_MICROSECONDS_A_MINUTE / quarters_a_minute)


def joined(pieces: list[Piece], gap: int = 0) -> Piece:
    """Returns pieces of the same instruments, tempo and meter one after another.

    A note that sounds where one piece ends and the next begins is struck again.

    Args:
      pieces: at least one.
      gap: ticks of silence between two pieces.
    """
    tracks: list[list[Note]] = [[] for _ in pieces[0].tracks]
    start = 0
    for piece in pieces:
        for notes, track in zip(tracks, piece.tracks, strict=True):
            notes += [
                note._replace(start=note.start + start, end=note.end + start)
                for note in track.notes
            ]
        start += piece.length + gap
    return replace(
        pieces[0],
        length=start - gap,
        tracks=tuple(
            Track(track.instrument, tuple(notes))
            for track, notes in zip(pieces[0].tracks, tracks, strict=True)
        ),
    )
