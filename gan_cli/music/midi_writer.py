"""Writes a piece as a Standard MIDI File of type 1 (RP-001): a conductor track, then the tracks."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from gan_cli.music.piece import Piece, Track

_DRUM_CHANNEL = 9
# A file has 15 channels beside that of the drums.
MOST_MELODIC_TRACKS = 15
# Kinds of events, in the order in which events of one tick are written: a note that ends makes room
# for the same note that starts.
_SET, _OFF, _ON = range(3)
_MOST_TEXT_BYTES = 2**24


def midi_file(piece: Piece, text: str | None = None) -> bytes:
    """Returns the content of a .mid file.

    Every track has a channel of its own, drums channel 10. The same notes, tempos, meters, names
    and programs are read back by `read_midi`.

    Args:
      piece: of at most `MOST_MELODIC_TRACKS` tracks beside drums.
      text: the first event of the file, a text event, such as the origin of the piece as JSON.
    """
    conductor: list[tuple[int, int, bytes]] = []
    if text is not None:
        conductor.append((0, _SET, _meta(0x01, text.encode())))
    for change in piece.meters:
        meter = bytes([change.meter.beats, change.meter.unit.bit_length() - 1, 24, 8])
        conductor.append((change.tick, _SET, _meta(0x58, meter)))
    for tempo in piece.tempos:
        content = min(tempo.microseconds, 2**24 - 1).to_bytes(3, "big")
        conductor.append((tempo.tick, _SET, _meta(0x51, content)))
    chunks = [_chunk(conductor, piece.length)]
    free = iter(channel for channel in range(16) if channel != _DRUM_CHANNEL)
    for track in piece.tracks:
        channel = _DRUM_CHANNEL if track.instrument.is_drums else next(free)
        chunks.append(_chunk(_events(track, channel), piece.length))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), piece.ticks_per_quarter)
    return header + b"".join(chunks)


def leading_text(content: bytes) -> str | None:
    """Returns the text that `midi_file` put first; None where a file does not start with text."""
    if content[:4] != b"MThd" or content[14:18] != b"MTrk" or content[22:25] != b"\x00\xff\x01":
        return None
    length, place = 0, 25
    while place < min(len(content), 29):
        byte = content[place]
        length, place = length << 7 | byte & 0x7F, place + 1
        if byte < 0x80:
            break
    if length > _MOST_TEXT_BYTES or place + length > len(content):
        return None
    return content[place : place + length].decode("utf-8", "replace")


def _events(track: Track, channel: int) -> list[tuple[int, int, bytes]]:
    instrument = track.instrument
    events = [
        (0, _SET, _meta(0x03, instrument.name.encode())),
        (0, _SET, bytes([0xC0 | channel, instrument.program])),
    ]
    for note in track.notes:
        events.append((note.start, _ON, bytes([0x90 | channel, note.pitch, note.velocity])))
        events.append((note.end, _OFF, bytes([0x80 | channel, note.pitch, 64])))
    return events


def _chunk(events: Iterable[tuple[int, int, bytes]], length: int) -> bytes:
    content, now = bytearray(), 0
    # Stable, so that events of one kind and tick keep their order.
    for tick, _, event in sorted(events, key=lambda event: event[:2]):
        content += _variable_length(tick - now) + event
        now = tick
    content += _variable_length(max(length - now, 0)) + _meta(0x2F, b"")
    return struct.pack(">4sI", b"MTrk", len(content)) + bytes(content)


def _meta(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + _variable_length(len(content)) + content


def _variable_length(value: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have bit 7 set."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))
