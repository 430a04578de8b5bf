"""Tracks of the user's: kept note for note, in any key, while the generator makes the others."""

from dataclasses import replace

import numpy as np
import pytest
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.music.keys import transposed_piece
from gan_cli.music.midi_reader import read_midi_file
from gan_cli.music.midi_writer import midi_file
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
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import Accompany
from gan_cli.studio.fit.accompany import completed
from gan_cli.studio.fit.given_music import given_tracks
from gan_cli.studio.studio import Studio

TICKS = 96


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Untrained: drums, bass, piano and lead."""
    path = tmp_path_factory.mktemp("runs") / "songs"
    model = {**TINY, "architecture": "choir"}
    return Studio.open(make_run(path, {"source": "builtin", "name": "songs"}, model))


def melody(bars, name="lead", program=80, key=0):
    """A scale up and down in quarters, the last of a bar held over the bar line."""
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    notes = [
        Note(
            4 * TICKS * bar + TICKS * beat, 4 * TICKS * bar + TICKS * (beat + 1), scale[beat] + key
        )
        for bar in range(bars)
        for beat in range(4)
    ]
    notes[3:4] = [notes[3]._replace(end=notes[3].end + TICKS)] if bars > 1 else [notes[3]]
    notes = [note for n, note in enumerate(notes) if n != 4]
    tracks = (Track(Instrument(name, program), tuple(notes)),)
    meters = (MeterChange(0, COMMON_TIME),)
    return Piece(TICKS, 4 * TICKS * bars, tracks, (TempoChange(0, 480_000),), meters)


def notes_of(piece, name):
    (track,) = [track for track in piece.tracks if track.instrument.name == name]
    quarter = piece.ticks_per_quarter
    return [(note.start / quarter, note.end / quarter, note.pitch) for note in track.notes]


def test_a_given_track_is_kept_note_for_note_and_others_are_made(studio, tmp_path):
    piece = melody(3, key=2)
    (tmp_path / "given.mid").write_bytes(midi_file(piece, None))
    drawing = draw(studio, Accompany(tmp_path / "given.mid", fit_steps=2))
    drawing.save(tmp_path / "full.mid")
    full = read_midi_file(tmp_path / "full.mid")
    given = notes_of(piece, "lead")
    # Three bars are given, and a phrase has four: the rest of the lead is made.
    assert notes_of(full, "lead")[: len(given)] == given
    assert all(start >= 12 for start, _, _ in notes_of(full, "lead")[len(given) :])
    assert full.num_notes > len(given) + 10
    assert full.tempos == piece.tempos
    assert full.length == 4 * 4 * full.ticks_per_quarter
    assert "made for the given lead" in drawing.description
    recipe = read_provenance(tmp_path / "full.mid").recipe
    assert recipe["kind"] == "accompaniment"
    assert len(recipe["given_sha256"]) == 64


@pytest.mark.parametrize("key", [-5, 2])
def test_what_is_made_moves_with_the_key(studio, tmp_path, key):
    domain = studio.loaded.domain
    made = studio.images(range(2))
    found = []
    for each in (0, key):
        piece = melody(6, key=each)
        (tmp_path / "a.mid").write_bytes(midi_file(piece, None))
        given = given_tracks(tmp_path / "a.mid", domain)
        full = completed(domain, given, np.where(given.is_known, given.symbols, made))
        assert notes_of(full, "lead")[:23] == notes_of(piece, "lead")
        found.append(full)
    for low, high in zip(*(piece.tracks for piece in found), strict=True):
        above = 0 if low.instrument.is_drums else key
        assert low.notes
        # The nearer way to C may be another one, an octave off.
        moved = [(note.pitch - above) % 12 for note in high.notes]
        assert moved == [note.pitch % 12 for note in low.notes]


def test_a_first_bar_is_continued(studio, tmp_path):
    (tmp_path / "bar.mid").write_bytes(midi_file(melody(1), None))
    given = given_tracks(tmp_path / "bar.mid", studio.loaded.domain)
    lead = studio.loaded.domain.form.names.index("lead")
    lanes = [lane.track == lead for lane in studio.loaded.domain.lanes]
    assert given.is_known[0, :16, 0].tolist() == [lanes] * 16
    assert not given.is_known[0, 16:].any()
    assert (given.symbols[0, :16, 0, lanes] > 1).sum() == 4


def test_families_and_names_find_their_tracks(studio, tmp_path):
    for name, program, expected in (("", 2, "piano"), ("Bass", 0, "bass"), ("x", 33, "bass")):
        (tmp_path / "a.mid").write_bytes(midi_file(melody(4, name, program), None))
        given = given_tracks(tmp_path / "a.mid", studio.loaded.domain)
        assert [studio.loaded.domain.form.names[track] for track in given.tracks] == [expected]


def test_what_cannot_be_completed_is_refused(studio, digits_run, tmp_path):
    def refused(content, match):
        (tmp_path / "a.mid").write_bytes(content)
        with pytest.raises(UserError, match=match):
            draw(studio, Accompany(tmp_path / "a.mid"))

    refused(b"MThd", "a.mid: ")
    refused(midi_file(melody(4, "flute", 73), None), "has no notes for drums, bass, piano, lead")
    waltz = replace(melody(4), meters=(MeterChange(0, Meter(3, 4)),))
    refused(midi_file(waltz, None), "is not in 4/4 from beginning to end")
    refused(midi_file(melody(70), None), "has 70 bars; at most 64 are read")
    one = melody(4).tracks[0]
    names = (("drums", 0, True), ("bass", 33, False), ("piano", 0, False), ("lead", 80, False))
    every = tuple(replace(one, instrument=Instrument(*name)) for name in names)
    refused(midi_file(replace(melody(4), tracks=every), None), "nothing is left to make")
    with pytest.raises(UserError, match=r"is no file"):
        draw(studio, Accompany(tmp_path / "b.mid"))
    with pytest.raises(UserError, match=r"is not available for images"):
        draw(Studio.open(digits_run, "latest"), Accompany(tmp_path / "a.mid"))


def test_transposing_there_and_back_changes_nothing():
    piece = melody(3)
    assert transposed_piece(transposed_piece(piece, 5), -5) == piece
    assert np.ptp([note.pitch for note in piece.tracks[0].notes]) > 0
