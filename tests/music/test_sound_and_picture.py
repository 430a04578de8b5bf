"""What is heard and seen of notes: pitches, times, loudness, colours and lines."""

import io
import wave

import numpy as np
import pytest

from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.picture import DRUM_COLOUR, TRACK_COLOURS, piano_roll, sheet
from gan_cli.music.piece import Note
from gan_cli.music.synthesiser import as_16_bit, rendered
from gan_cli.music.wav import wav_file, xmp_of

GRID = Grid(bars=1, steps_per_beat=4)


def piece(notes, names=("strings",)):
    return GRID.piece_of(instruments_named(names, "tracks"), notes, 120.0)


def loudest_hertz(sound, sample_rate):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return np.fft.rfftfreq(len(sound), 1 / sample_rate)[spectrum.argmax()]


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (60, 261.63), (81, 880.0)])
def test_a_note_sounds_at_its_pitch_and_time(pitch, hertz):
    """A beat at 120 a minute is half a second; the note is the second beat."""
    sound = rendered(piece([[Note(4, 8, pitch)]]), 22_050)
    assert loudest_hertz(sound[11_025:22_050], 22_050) == pytest.approx(hertz, rel=0.005)
    assert not sound[:11_025].any()
    assert not sound[22_050 + 1_800 :].any()
    assert np.abs(sound).max() == pytest.approx(0.9)
    assert len(sound) / 22_050 == pytest.approx(2.08, abs=0.001)


def test_the_sound_is_the_same_every_time_and_silence_is_silent():
    song = piece([[Note(0, 4, 60)], [Note(0, 1, 36), Note(2, 3, 42)]], ("piano", "drums"))
    np.testing.assert_array_equal(rendered(song), rendered(song))
    assert not rendered(piece([[]])).any()


def test_a_wav_file_is_read_by_the_standard_library():
    samples = as_16_bit(np.array([0.0, 1.0, -1.0, 2.0, 0.5], np.float32))
    content = wav_file(samples, 44_100, xmp=b"<x/>")
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (44_100, 2, 1)
        read = np.frombuffer(file.readframes(9), "<i2")
    np.testing.assert_array_equal(read, [0, 32767, -32767, 32767, 16384])
    assert xmp_of(content) == b"<x/>"
    assert xmp_of(wav_file(samples, 44_100)) is None
    assert xmp_of(b"RIFF") is None


def test_a_picture_shows_each_note_in_its_place():
    song = piece([[Note(4, 8, 62)], [Note(8, 9, 36)]], ("piano", "drums"))
    picture = np.asarray(piano_roll(song, 60, 71, pixels_per_quarter=16, pixels_per_pitch=4))
    rows = slice(4 * (71 - 62), 4 * (71 - 62) + 4)
    is_note = (picture == TRACK_COLOURS[0]).all(axis=2)
    assert is_note[rows, 17:31].all()
    assert is_note.sum() == 4 * 14
    assert (picture[rows, 16] == TRACK_COLOURS[0] // 2).all()
    drums = (picture == DRUM_COLOUR).all(axis=2)
    assert drums[48:].sum() == 2 * 2
    assert not drums[:48].any()
    # The bar line is darker than those of the beats, and white keys lighter than black ones.
    assert picture[2, 0, 0] < picture[2, 48, 0] < picture[6, 50, 0] < picture[2, 50, 0]
    assert sheet([piano_roll(song, 60, 71)] * 3, columns=2, gap=4).size == (
        2 * 64 + 12,
        2 * 89 + 12,
    )
