"""Pieces written as MIDI and read back, with mido's own view of the same bytes beside ours."""

import io
import itertools

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.music.grid import Grid, meter_named
from gan_cli.music.instruments import TRACK_NAMES, instrument_named
from gan_cli.music.midi_reader import read_midi
from gan_cli.music.midi_writer import leading_text, midi_file
from gan_cli.music.piece import (
    Instrument,
    Meter,
    MeterChange,
    Note,
    Piece,
    TempoChange,
    Track,
    joined,
)
from gan_cli.music.rolls import notes_of, roll_of


@st.composite
def notes_apart(draw, longest=400):
    """Notes of one track, no two of one pitch at once; they may touch."""
    notes = []
    for pitch in draw(st.sets(st.integers(0, 127), max_size=4)):
        bounds = sorted(draw(st.sets(st.integers(0, longest), min_size=2, max_size=8)))
        velocity = draw(st.integers(1, 127))
        ends = itertools.pairwise(bounds)
        notes += [Note(a, b, pitch, velocity) for a, b in ends if draw(st.booleans())]
    return tuple(sorted(notes))


@st.composite
def pieces(draw):
    drums = draw(st.booleans())
    programs = draw(st.lists(st.integers(0, 127), max_size=4))
    instruments = [Instrument(f"track {n}", p) for n, p in enumerate(programs)]
    instruments += [Instrument("kit", 0, True)] if drums else []
    tracks = [Track(each, draw(notes_apart())) for each in instruments]
    tempos = {0: 500_000, **draw(st.dictionaries(st.integers(0, 300), st.integers(1, 2**24 - 1)))}
    meters = st.builds(Meter, st.integers(1, 32), st.sampled_from([1, 2, 4, 8, 16]))
    changes = {0: Meter(3, 4), **draw(st.dictionaries(st.integers(0, 300), meters))}
    return Piece(
        draw(st.integers(1, 32767)),
        400,
        tuple(track for track in tracks if track.notes),
        tuple(apart(TempoChange, tempos)),
        tuple(apart(MeterChange, changes)),
    )


def apart(kind, changes):
    """The changes in their order, without those to the same value."""
    previous = None
    for tick in sorted(changes):
        if changes[tick] != previous:
            yield kind(tick, changes[tick])
        previous = changes[tick]


def notes_that_mido_reads(content):
    """The notes of every track of a file, put together from mido's messages alone."""
    found = []
    for track in mido.MidiFile(file=io.BytesIO(content)).tracks:
        now, open_notes, notes = 0, {}, []
        for message in track:
            now += message.time
            if message.type == "note_on":
                open_notes[message.note] = now, message.velocity
            elif message.type == "note_off":
                start, velocity = open_notes.pop(message.note)
                notes.append(Note(start, now, message.note, velocity))
        found.append(tuple(sorted(notes)))
        assert not open_notes
    return found


@settings(max_examples=60, deadline=None)
@given(pieces())
def test_a_piece_comes_back_whole(piece):
    content = midi_file(piece, text='{"a": "ä"}')
    assert read_midi(content) == piece
    assert leading_text(content) == '{"a": "ä"}'
    assert notes_that_mido_reads(content)[1:] == [track.notes for track in piece.tracks]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_roll_comes_back_through_midi(data):
    """Every roll, in 3/4 with triplets too, is the same after MIDI."""
    names = data.draw(st.lists(st.sampled_from(TRACK_NAMES), min_size=1, max_size=5, unique=True))
    meter = meter_named(data.draw(st.sampled_from(["4/4", "3/4", "6/8", "2/2"])), "meter")
    grid = Grid(2, data.draw(st.sampled_from([1, 4, 12, 24])), meter)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    cells = np.where(rng.random([grid.steps, 9, len(names)]) < 0.3, 255, 0).astype(np.uint8)
    instruments = [instrument_named(name) for name in names]
    piece = grid.piece_of(instruments, notes_of(cells, instruments, 60), beats_a_minute=90.0)
    back = read_midi(midi_file(piece))
    by_name = {track.instrument.name: track for track in back.tracks}
    notes = [
        [
            note._replace(
                start=grid.step_of(note.start, back.ticks_per_quarter),
                end=grid.step_of(note.end, back.ticks_per_quarter),
            )
            for note in (by_name[name].notes if name in by_name else ())
        ]
        for name in names
    ]
    roll = roll_of(instruments, notes, grid.steps, 60, 68)
    np.testing.assert_array_equal(roll.cells, cells)
    assert (roll.joined, roll.outside) == (0, 0)
    assert roll.num_notes == piece.num_notes
    assert back.length == piece.length
    assert back.meters == (MeterChange(0, meter),)
    assert back.tempos[0].quarters_a_minute * meter.unit / 4 == pytest.approx(90, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(notes_apart(longest=32))
def test_notes_on_the_grid_come_back_from_a_roll(notes):
    """All but notes of one step before the same pitch, which are counted."""
    piano = [Instrument("piano", 0)]
    roll = roll_of(piano, [notes], 32, 0, 127)
    (back,) = notes_of(roll.cells, piano, 0)
    assert len(back) == len(notes) - roll.joined
    starts, ends = ({(note.pitch, note[edge]) for note in notes} for edge in (0, 1))
    short = [n for n in notes if n.end - n.start == 1 and (n.pitch, n.end) in starts]
    assert roll.joined <= len(short)
    assert bool(roll.joined) == bool(short)
    if not short:
        shortened = [n._replace(end=n.end - ((n.pitch, n.end) in starts & ends)) for n in notes]
        assert [note[:3] for note in back] == sorted(note[:3] for note in shortened)


def test_the_rules_for_notes_on_a_roll():
    piano, kit = [Instrument("piano", 0)], [Instrument("drums", 0, True)]
    overlapping = [Note(0, 8, 60), Note(4, 6, 60), Note(-3, 2, 62), Note(9, 20, 64), Note(0, 1, 90)]
    roll = roll_of(piano, [overlapping], 12, 60, 71)
    assert roll.outside == 1
    (notes,) = notes_of(roll.cells, piano, 60)
    assert [note[:3] for note in notes] == [(0, 2, 62), (0, 3, 60), (4, 6, 60), (9, 12, 64)]
    strokes = [Note(-2, 3, 60), Note(1, 5, 60), Note(2, 3, 60)]
    (notes,) = notes_of(roll_of(kit, [strokes], 12, 60, 71).cells, kit, 60)
    assert [note[:3] for note in notes] == [(1, 2, 60), (2, 3, 60)]


def test_ticks_go_to_the_nearest_step():
    grid = Grid(4, 4, Meter(4, 4))
    assert [grid.step_of(tick, 96) for tick in (0, 11, 12, 24, 35, 36, 384)] == [
        0,
        0,
        1,
        1,
        1,
        2,
        16,
    ]
    assert Grid(1, 3, Meter(6, 8)).step_of(8, 24) == 2
    assert Grid(2, 4, Meter(3, 4)).ticks_of_bars(2, 480) == 6 * 480


def test_pieces_are_joined_at_their_ends():
    grid = Grid(1, 4)
    piano = [Instrument("piano", 0)]
    piece = grid.piece_of(piano, [[Note(12, 16, 60)]], 120.0)
    whole = joined([piece, piece], gap=480)
    assert whole.length == 2 * piece.length + 480
    assert [note[:2] for note in whole.tracks[0].notes] == [(1440, 1920), (3840, 4320)]
    # 4 beats, a beat of rest, 4 beats, half a second each.
    assert whole.seconds_at(whole.length) == pytest.approx(4.5)
