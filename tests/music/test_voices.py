"""Symbols of voices: there and back to notes and piano rolls, in any key."""

import itertools

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
    Lane,
    moved,
    notes_of_symbols,
    rolls_of_symbols,
    room,
    symbols_of,
)

VOICES = (Instrument("soprano", 52), Instrument("bass", 52))
LOWEST, HIGHEST, LANES = 40, 80, (Lane(0, tuple(range(60, 80))), Lane(1, tuple(range(40, 60))))
STEPS = 16


@st.composite
def melodies(draw):
    """Notes one after another, with rests of two steps or more, none of one step repeated."""
    voices = []
    for lane in LANES:
        notes, now = [], draw(st.integers(0, 3))
        while now < STEPS:
            length = min(draw(st.integers(2, 5)), STEPS - now)
            notes.append(Note(now, now + length, lane.pitches[0] + draw(st.integers(0, 12))))
            now += length + draw(st.sampled_from((0, 0, 2)))
        voices.append(notes)
    return voices


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_notes_survive_the_way_to_a_roll_to_symbols_and_back(notes):
    cells = roll_of(VOICES, notes, STEPS, LOWEST, HIGHEST).cells
    symbols = symbols_of(cells, VOICES, LOWEST, LANES).symbols
    assert notes_of_symbols(symbols, LANES, 2) == notes
    rolls = rolls_of_symbols(symbols[None], LANES, VOICES, LOWEST, HIGHEST)
    np.testing.assert_array_equal(rolls[0], cells)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((REST, HOLD, 2, 3, 9)), min_size=STEPS, max_size=STEPS))
def test_any_symbols_give_the_roll_of_their_notes(symbols):
    symbols = np.array([symbols, symbols[::-1]], np.uint8).T[:, None]
    notes = notes_of_symbols(symbols, LANES, 2)
    expected = roll_of(VOICES, notes, STEPS, LOWEST, HIGHEST).cells
    found = rolls_of_symbols(symbols[None], LANES, VOICES, LOWEST, HIGHEST)[0]
    np.testing.assert_array_equal(found, expected)


def test_lanes_move_together_as_far_as_each_track_has_room():
    lanes = (Lane(0, tuple(range(60, 72))), Lane(1, tuple(range(40, 52))), Lane(2, (36, 38), True))
    symbols = np.array([[[5, 10, 2]], [[HOLD, REST, 3]], [[7, 12, 2]]], np.uint8)
    ranges = [(61, 66), (40, 99), (36, 36)]
    assert room(symbols, lanes, ranges, (-6, 5)) == (-2, 1)
    assert room(symbols, lanes, (), (-2, 9)) == (-2, 1)
    assert moved(symbols, lanes, -2).tolist() == [[[3, 8, 2]], [[HOLD, REST, 3]], [[5, 10, 2]]]
    assert room(np.zeros([4, 1, 3], np.uint8), lanes, ranges, (-6, 5)) == (0, 0)
    assert FIRST_PITCH == 2


BAND = (Instrument("piano", 0), Instrument("drums", 0, is_drums=True))
PIANO = tuple(range(40, 81))
BAND_LANES = (Lane(0, PIANO), Lane(0, PIANO), Lane(1, (40, 42), True), Lane(1, (44,), True))


def written(piano, drums):
    return symbols_of(
        roll_of(BAND, [piano, drums], STEPS, LOWEST, HIGHEST).cells, BAND, LOWEST, BAND_LANES
    )


def test_chords_and_strokes_take_the_lanes_of_their_track():
    piano = [Note(0, 4, 60), Note(0, 2, 64), Note(2, 6, 67), Note(4, 5, 50)]
    drums = [Note(0, 1, 42), Note(0, 1, 44), Note(3, 4, 40)]
    found = written(piano, drums)
    assert found.lost == 0
    assert notes_of_symbols(found.symbols, BAND_LANES, 2) == [sorted(piano), sorted(drums)]
    # The higher of two notes that start together has the first lane.
    assert found.symbols[0, 0].tolist() == [26, 22, 3, 2]


def test_a_short_note_between_two_of_one_pitch_is_kept():
    piano = [Note(0, 3, 60), Note(3, 4, 59), Note(4, 8, 60)]
    assert notes_of_symbols(written(piano, []).symbols, BAND_LANES, 2)[0] == piano


def test_the_highest_notes_stay_where_there_are_too_many():
    piano = [Note(0, 8, 50), Note(0, 8, 60), Note(0, 8, 55), Note(4, 6, 45), Note(4, 6, 70)]
    found = written(piano, [Note(0, 1, 40), Note(0, 1, 42)])
    kept = notes_of_symbols(found.symbols, BAND_LANES, 2)
    assert kept == [[Note(0, 4, 55), Note(0, 8, 60), Note(4, 6, 70)], [Note(0, 1, 42)]]
    assert found.lost == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.sampled_from((REST, HOLD, 2, 3, 9))] * 2, st.integers(0, 5), st.integers(0, 5)
        ),
        min_size=STEPS,
        max_size=STEPS,
    )
)
def test_any_symbols_of_a_band_give_notes_that_do_not_overlap(symbols):
    notes = notes_of_symbols(np.array(symbols, np.uint8)[:, None], BAND_LANES, 2)
    for own in notes:
        assert own == sorted(own)
        for pitch in {note.pitch for note in own}:
            same = [note for note in own if note.pitch == pitch]
            assert all(before.end <= after.start for before, after in itertools.pairwise(same))
    assert all(note.end == note.start + 1 for note in notes[1])


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
