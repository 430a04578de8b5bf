"""Reads Standard MIDI Files, with mido, into pieces.

The one module that knows mido. The extra `music` installs it.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.io.regular import open_regular
from gan_cli.music.piece import (
    COMMON_TIME,
    Instrument,
    Meter,
    MeterChange,
    Note,
    Piece,
    TempoChange,
    Track,
)

MOST_BYTES = 4 * 2**20
MOST_EVENTS = 1_000_000
# About 10,000 bars of 4/4.
MOST_QUARTERS = 40_000
_DRUM_CHANNEL = 9
_USUAL_MICROSECONDS = 500_000


class MidiError(Exception):
    """A file cannot be read as MIDI; the text says why, in one line."""


def require_mido(key: str, who: str) -> None:
    """Refuses to go on without mido.

    Args:
      key: the argument that needs it.
      who: what needs it, such as "source 'midi'".

    Raises:
      UserError: mido is not installed.
    """
    try:
        import mido  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{who} reads MIDI files with mido, which is not installed; pip install"
            " 'gan-cli[music]'",
            key=key,
        ) from error


def read_midi_file(path: Path) -> Piece:
    """Reads a file of at most 4 MB.

    Raises:
      MidiError: as `read_midi`, or the file is too large or cannot be read.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MidiError(f"cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise MidiError(f"is larger than {MOST_BYTES // 2**20} MB, the most that is read")
    return read_midi(content)


def read_midi(content: bytes) -> Piece:
    """Reads the content of a .mid file.

    Notes of one track of the file, one channel and one program make one track. Notes sound from
    note-on to note-off; pedals, bends and controllers are not looked at. A note that is struck
    while it sounds ends there and starts again; one that is never released ends with its track.

    Raises:
      MidiError: the file is damaged, is of type 2 (tracks that do not sound together), counts time
        in seconds (SMPTE), or is beyond `MOST_EVENTS` or `MOST_QUARTERS`.
    """
    # mido raises many kinds of errors on damaged files, so its caller takes all of them for one.
    import mido

    sound = _sound_chunks(content)
    try:
        file = mido.MidiFile(file=io.BytesIO(sound), clip=True)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise MidiError(f"cannot be read: {why}") from error
    if sum(map(len, file.tracks)) > MOST_EVENTS:
        raise MidiError(f"holds more than {MOST_EVENTS:,} events, the most that are read")
    reading = _Reading(file.ticks_per_beat)
    for track in file.tracks:
        reading.add(track)
    return reading.piece()


def _sound_chunks(content: bytes) -> bytes:
    """Returns the header and the tracks alone, after checking that they are whole."""
    if content[:4] == b"RIFF" and content[8:12] == b"RMID":
        content = content[20:]
    if content[:4] != b"MThd" or len(content) < 14:
        raise MidiError("is no MIDI file: it does not start with MThd")
    size, kind, _, division = struct.unpack(">IHHH", content[4:14])
    if kind not in (0, 1):
        what = "whose tracks do not sound together" if kind == 2 else "which is unknown"
        raise MidiError(f"is a MIDI file of type {kind}, {what}; types 0 and 1 are read")
    if division & 0x8000:
        raise MidiError("counts time in seconds (SMPTE), not in beats")
    if not division:
        raise MidiError("has a beat of 0 ticks")
    tracks: list[bytes] = []
    place = 8 + size
    while place + 8 <= len(content):
        name, length = struct.unpack(">4sI", content[place : place + 8])
        if place + 8 + length > len(content):
            if name != b"MTrk":
                # What players put behind the last track.
                break
            raise MidiError(f"is cut off: it ends within track {len(tracks) + 1}")
        if name == b"MTrk":
            tracks.append(content[place : place + 8 + length])
        place += 8 + length
    if not tracks:
        raise MidiError("holds no track")
    if len(tracks) > 0xFFFF:
        raise MidiError(f"holds more than {0xFFFF:,} tracks")
    header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks), division)
    return header + b"".join(tracks)


class _Reading:
    """A piece while its file is read."""

    def __init__(self, ticks_per_quarter: int):
        self.ticks_per_quarter, self.length = ticks_per_quarter, 0
        self.tempos: dict[int, int] = {0: _USUAL_MICROSECONDS}
        self.meters: dict[int, Meter] = {0: COMMON_TIME}
        self.tracks: list[Track] = []

    def add(self, messages: Any) -> None:
        """Reads one track of the file."""
        now, name = 0, ""
        programs: dict[int, int] = defaultdict(int)
        sounding: dict[tuple[int, int], tuple[int, int, int]] = {}
        notes: dict[tuple[int, int], list[Note]] = {}

        def release(channel: int, pitch: int) -> None:
            start, velocity, program = sounding.pop((channel, pitch))
            # A note that ends as it starts is no note.
            if now > start:
                notes[channel, program].append(Note(start, now, pitch, velocity))

        for message in messages:
            now += message.time
            if now > MOST_QUARTERS * self.ticks_per_quarter:
                raise MidiError(f"is longer than {MOST_QUARTERS:,} quarter notes, the most read")
            kind = message.type
            if kind in ("note_on", "note_off"):
                key = message.channel, message.note
                if key in sounding:
                    release(*key)
                if kind == "note_on" and message.velocity:
                    program = programs[message.channel]
                    # The kits that a drum channel's programs choose are one instrument here.
                    program = 0 if message.channel == _DRUM_CHANNEL else program
                    sounding[key] = now, message.velocity, program
                    notes.setdefault((message.channel, program), [])
            elif kind == "program_change":
                programs[message.channel] = message.program
            elif kind == "set_tempo":
                self.tempos[now] = max(message.tempo, 1)
            elif kind == "time_signature":
                if message.numerator and message.denominator <= 64:
                    self.meters[now] = Meter(message.numerator, message.denominator)
            elif kind == "track_name" and not name:
                name = "".join(filter(str.isprintable, message.name)).strip()[:64]
        for key in list(sounding):
            release(*key)
        self.length = max(self.length, now)
        for (channel, program), own in notes.items():
            instrument = Instrument(name, program, channel == _DRUM_CHANNEL)
            self.tracks.append(Track(instrument, tuple(sorted(own))))

    def piece(self) -> Piece:
        """Returns what was read, without changes that change nothing."""
        tempos = [TempoChange(*change) for change in sorted(self.tempos.items())]
        meters = [MeterChange(*change) for change in sorted(self.meters.items(), key=_tick)]
        return Piece(
            self.ticks_per_quarter,
            self.length,
            tuple(self.tracks),
            tuple(c for n, c in enumerate(tempos) if not n or c[1] != tempos[n - 1][1]),
            tuple(c for n, c in enumerate(meters) if not n or c[1] != meters[n - 1][1]),
        )


def _tick(change: tuple[int, Any]) -> int:
    return change[0]
