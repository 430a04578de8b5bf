"""Files that are no sound MIDI, each of which is one line."""

import io
import struct

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.music import midi_reader
from gan_cli.music.midi_reader import MidiError, read_midi, read_midi_file
from gan_cli.music.piece import Note


def written(messages, kind=1, ticks=480, tracks=1):
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    for _ in range(tracks):
        file.tracks.append(mido.MidiTrack(messages))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


NOTE = [
    mido.Message("note_on", note=60, velocity=64, time=0),
    mido.Message("note_off", note=60, time=480),
]
SOUND = written(NOTE)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no MIDI file"),
        (b"<html>", "is no MIDI file"),
        (SOUND[:30], "ends within track 1"),
        (SOUND[:14], "holds no track"),
        (written(NOTE, kind=2), "type 2"),
        (SOUND[:8] + b"\0\x09" + SOUND[10:], "type 9"),
        (SOUND[:12] + b"\xe7\x28" + SOUND[14:], "SMPTE"),
        (SOUND[:12] + b"\0\0" + SOUND[14:], "beat of 0 ticks"),
        (SOUND[:22] + b"\0\x3c\x40" + SOUND[25:], "cannot be read"),
        (written([mido.Message("note_on", time=2**27), *NOTE]), "longer than 40,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(content, why):
    with pytest.raises(MidiError, match=why) as caught:
        read_midi(content)
    assert "\n" not in str(caught.value)


def test_files_beyond_the_bounds(tmp_path, monkeypatch):
    with pytest.raises(MidiError, match="cannot be read: No such file"):
        read_midi_file(tmp_path / "none.mid")
    monkeypatch.setattr(midi_reader, "MOST_BYTES", 20)
    (tmp_path / "large.mid").write_bytes(SOUND)
    with pytest.raises(MidiError, match="is larger than"):
        read_midi_file(tmp_path / "large.mid")
    monkeypatch.setattr(midi_reader, "MOST_EVENTS", 2)
    with pytest.raises(MidiError, match="more than 2 events"):
        read_midi(SOUND)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(data):
    content = bytearray(written([mido.MetaMessage("key_signature", key="C"), *NOTE], tracks=2))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(14, len(content)))])
    try:
        piece = read_midi(content)
    except MidiError:
        return
    for track in piece.tracks:
        assert all(0 <= n.start < n.end <= piece.length for n in track.notes)


def test_what_players_accept_is_read():
    riff = (
        b"RIFF" + struct.pack("<I", len(SOUND) + 12) + b"RMIDdata" + struct.pack("<I", len(SOUND))
    )
    foreign = SOUND[:14] + b"XFIH\0\0\0\x02ab" + SOUND[14:]
    for content in (riff + SOUND, foreign, SOUND + b"trailing rubbish"):
        (track,) = read_midi(content).tracks
        assert track.notes == (Note(0, 480, 60, 64),)


def test_overlapping_unreleased_and_empty_notes():
    """A note struck while it sounds starts anew; one never released ends with its track."""
    on = dict(velocity=64)
    messages = [
        mido.Message("note_on", note=60, time=0, **on),
        mido.Message("note_on", note=60, time=100, **on),
        mido.Message("note_on", note=60, time=50, velocity=0),
        mido.Message("note_off", note=60, time=50),
        mido.Message("note_on", note=64, time=0, **on),
        mido.Message("note_off", note=64, time=0),
        mido.Message("note_on", note=67, time=0, **on),
        mido.MetaMessage("end_of_track", time=300),
    ]
    (track,) = read_midi(written(messages)).tracks
    assert [note[:3] for note in track.notes] == [(0, 100, 60), (100, 150, 60), (200, 500, 67)]


def test_programs_channels_and_hostile_names():
    messages = [
        mido.MetaMessage("track_name", name="\x1b[31mx\n" + "y" * 500),
        mido.Message("program_change", program=33, channel=2, time=0),
        mido.Message("note_on", note=60, velocity=9, channel=2, time=0),
        mido.Message("program_change", program=40, channel=2, time=10),
        mido.Message("note_off", note=60, channel=2, time=10),
        mido.Message("note_on", note=61, velocity=9, channel=2, time=0),
        mido.Message("program_change", program=25, channel=9, time=0),
        mido.Message("note_on", note=36, velocity=9, channel=9, time=0),
        mido.Message("note_off", note=61, channel=2, time=5),
        mido.Message("note_off", note=36, channel=9, time=5),
    ]
    tracks = read_midi(written(messages)).tracks
    found = [
        (t.instrument.program, t.instrument.is_drums, [n.pitch for n in t.notes]) for t in tracks
    ]
    assert found == [(33, False, [60]), (40, False, [61]), (0, True, [36])]
    assert all(t.instrument.name.isprintable() and len(t.instrument.name) <= 64 for t in tracks)
