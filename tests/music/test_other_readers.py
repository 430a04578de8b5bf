"""Files that we write, as FluidSynth and pretty_midi read them, where these are installed."""

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan_cli.music.grid import Grid, meter_named
from gan_cli.music.instruments import instruments_named
from gan_cli.music.midi_writer import midi_file
from gan_cli.music.piece import MeterChange, Note, TempoChange

FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
NAMES = ("drums", "piano", "guitar", "bass", "strings")


@pytest.fixture(params=["4/4", "3/4", "6/8"])
def piece(request):
    """Five tracks at random, notes that touch among them, and two tempos."""
    rng = np.random.default_rng(len(request.param) + int(request.param[0]))
    grid = Grid(4, 4, meter_named(request.param, "meter"))
    notes = []
    for number in range(len(NAMES)):
        starts = np.flatnonzero(rng.random(grid.steps) < 0.4).tolist()
        ends = [*starts[1:], grid.steps]
        pitches = rng.integers(36, 44, len(starts)) + 6 * number
        notes.append(
            [
                Note(start, int(rng.integers(start, end)) + 1, int(pitch), int(velocity))
                for start, end, pitch, velocity in zip(
                    starts, ends, pitches, rng.integers(1, 128, len(starts)), strict=True
                )
            ]
        )
    found = grid.piece_of(instruments_named(NAMES, "tracks"), notes, 90.0)
    tempos = (*found.tempos, TempoChange(found.length // 2, 400_000))
    return replace(found, tempos=tempos)


def test_fluidsynth_strikes_every_note(piece, tmp_path):
    if shutil.which("fluidsynth") is None or not FONT.is_file():
        pytest.skip("needs fluidsynth and timgm6mb-soundfont")
    (tmp_path / "a.mid").write_bytes(midi_file(piece))
    command = ["fluidsynth", "-n", "-i", "-d", "-F", tmp_path / "a.wav", FONT, tmp_path / "a.mid"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    events = [line.split() for line in said if line.startswith("event_post_")]
    struck = {}
    for name, channel, *values in events:
        if name == "event_post_noteon":
            struck.setdefault(int(channel), []).append(tuple(map(int, values)))
    programs = {int(c): int(p) for name, c, p, *_ in events if name == "event_post_prog"}
    melodic = iter(channel for channel in range(16) if channel != 9)
    channels = [9 if track.instrument.is_drums else next(melodic) for track in piece.tracks]
    assert struck == {
        channel: [(note.pitch, note.velocity) for note in track.notes]
        for channel, track in zip(channels, piece.tracks, strict=True)
    }
    assert programs == {
        channel: track.instrument.program
        for channel, track in zip(channels, piece.tracks, strict=True)
    }


def test_pretty_midi_reads_every_note_at_its_time(piece):
    pretty_midi = pytest.importorskip("pretty_midi")
    read = pretty_midi.PrettyMIDI(io.BytesIO(midi_file(piece)))
    assert [each.name for each in read.instruments] == list(NAMES)
    for theirs, ours in zip(read.instruments, piece.tracks, strict=True):
        assert (theirs.program, theirs.is_drum) == (
            ours.instrument.program,
            ours.instrument.is_drums,
        )
        found = [(note.pitch, note.velocity) for note in theirs.notes]
        assert found == [(note.pitch, note.velocity) for note in ours.notes]
        times = np.array([(note.start, note.end) for note in theirs.notes])
        expected = [(piece.seconds_at(n.start), piece.seconds_at(n.end)) for n in ours.notes]
        np.testing.assert_allclose(times, expected, atol=1e-6)
    meter = read.time_signature_changes[0]
    assert piece.meters == (
        MeterChange(0, meter_named(f"{meter.numerator}/{meter.denominator}", "")),
    )
    _, tempos = read.get_tempo_changes()
    np.testing.assert_allclose(tempos, [t.quarters_a_minute for t in piece.tempos], rtol=1e-6)
