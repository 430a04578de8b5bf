"""Symbols of voices: there and back to notes and piano rolls, in any key."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.music.keys import in_c, major_scale_of, transposed_piece
from gan_cli.music.piece import (
    COMMON_TIME,
    Instrument,
    MeterChange,
    Note,
    Piece,
    TempoChange,
    Track,
)
from gan_cli.music.rolls import roll_of
from gan_cli.music.voices import (
    FIRST_PITCH,
    HOLD,
    REST,
    moved,
    notes_of_symbols,
    rolls_of_symbols,
    room,
    symbols_of,
)

VOICES = (Instrument("soprano", 52), Instrument("bass", 52))
LOWEST, HIGHEST, OF_VOICES = 40, 80, (60, 40)
STEPS = 16


@st.composite
def melodies(draw):
    """Notes one after another, with rests of two steps or more, none of one step repeated."""
    voices = []
    for lowest in OF_VOICES:
        notes, now = [], draw(st.integers(0, 3))
        while now < STEPS:
            length = min(draw(st.integers(2, 5)), STEPS - now)
            notes.append(Note(now, now + length, lowest + draw(st.integers(0, 12))))
            now += length + draw(st.sampled_from((0, 0, 2)))
        voices.append(notes)
    return voices


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_notes_survive_the_way_to_a_roll_to_symbols_and_back(notes):
    cells = roll_of(VOICES, notes, STEPS, LOWEST, HIGHEST).cells
    symbols = symbols_of(cells, LOWEST, OF_VOICES)
    assert notes_of_symbols(symbols, OF_VOICES) == notes
    rolls = rolls_of_symbols(symbols[None], LOWEST, HIGHEST, OF_VOICES)
    np.testing.assert_array_equal(rolls[0], cells)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((REST, HOLD, 2, 3, 9)), min_size=STEPS, max_size=STEPS))
def test_any_symbols_give_the_roll_of_their_notes(symbols):
    symbols = np.array([symbols, symbols[::-1]], np.uint8).T[:, None]
    notes = notes_of_symbols(symbols, OF_VOICES)
    expected = roll_of(VOICES, notes, STEPS, LOWEST, HIGHEST).cells
    found = rolls_of_symbols(symbols[None], LOWEST, HIGHEST, OF_VOICES)[0]
    np.testing.assert_array_equal(found, expected)


def test_voices_move_together_as_far_as_each_has_room():
    symbols = np.array([[[5, 10]], [[HOLD, REST]], [[7, 12]]], np.uint8)
    ranges = [(3, 9), (2, 13)]
    assert room(symbols, ranges, (-6, 5)) == (-2, 1)
    assert moved(symbols, -2).tolist() == [[[3, 8]], [[HOLD, REST]], [[5, 10]]]
    assert room(np.zeros([4, 1, 2], np.uint8), ranges, (-6, 5)) == (0, 0)
    assert FIRST_PITCH == 2


def piece_of(pitches, drums=()):
    tracks = [
        Track(Instrument("bass", 32), tuple(Note(n, n + 1, p) for n, p in enumerate(pitches)))
    ]
    if drums:
        own = tuple(Note(n, n + 1, p) for n, p in enumerate(drums))
        tracks.append(Track(Instrument("drums", 0, is_drums=True), own))
    meters = (MeterChange(0, COMMON_TIME),)
    return Piece(1, len(pitches), tuple(tracks), (TempoChange(0, 500_000),), meters)


def test_major_and_relative_minor_move_to_the_same_scale():
    major = [60, 62, 64, 65, 67, 69, 71, 72]
    minor = [57, 59, 60, 62, 64, 65, 67, 69]
    for semitones in range(-6, 6):
        for scale in (major, minor):
            piece = transposed_piece(piece_of(scale, drums=(36, 38)), semitones)
            assert major_scale_of(piece) == semitones % 12
            found = in_c(piece)
            assert {note.pitch % 12 for note in found.tracks[0].notes} == {0, 2, 4, 5, 7, 9, 11}
            assert found.tracks[1] == piece.tracks[1]
            assert abs(found.tracks[0].notes[0].pitch - piece.tracks[0].notes[0].pitch) <= 6


def test_the_last_bass_note_decides_between_scales_that_fit_alike():
    # Without a fourth or a seventh degree, C, F and G major hold all notes.
    assert major_scale_of(piece_of([60, 62, 64, 67, 69, 60])) == 0
    assert major_scale_of(piece_of([60, 62, 64, 67, 69, 67])) == 7
    assert major_scale_of(piece_of([60, 62, 64, 67, 69, 62])) == 5


def test_the_way_that_keeps_voices_within_their_ranges_is_taken():
    piece = piece_of([67, 69, 71, 72, 74, 76, 78, 79])
    assert in_c(piece).tracks[0].notes[0].pitch == 72
    assert in_c(piece, [(55, 76)]).tracks[0].notes[0].pitch == 60
