"""Phrases as MIDI and WAV files: what they hold, their origin, and that they can be made again."""

import wave

import numpy as np
import pytest
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.music.midi_reader import read_midi_file
from gan_cli.music.voices import notes_of_symbols
from gan_cli.studio.dispatch import draw
from gan_cli.studio.picture_requests import Grid, Sheet, Walk
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Untrained: drums, bass, piano and lead."""
    model = {**TINY, "architecture": "choir"}
    path = tmp_path_factory.mktemp("runs") / "songs"
    return Studio.open(make_run(path, {"source": "builtin", "name": "songs"}, model))


def test_a_file_holds_the_notes_of_its_phrases_in_a_row(studio, tmp_path):
    path = tmp_path / "a.mid"
    draw(studio, Grid(seeds=(3, 5))).save(path)
    piece, domain = read_midi_file(path), studio.loaded.domain
    bars = domain.form.grid.ticks_of_bars(4, piece.ticks_per_quarter)
    assert piece.length == 2 * bars
    assert piece.tempos[0].quarters_a_minute == pytest.approx(100)
    step = bars // 64
    expected = {name: [] for name in domain.form.names}
    for number, sample in enumerate(studio.images((3, 5))):
        own = notes_of_symbols(sample, domain.lanes, 4)
        for name, notes in zip(expected, own, strict=True):
            offset = 64 * number
            expected[name] += [
                ((n.start + offset) * step, (n.end + offset) * step, n.pitch) for n in notes
            ]
    found = {t.instrument.name: [note[:3] for note in t.notes] for t in piece.tracks}
    assert found == {name: sorted(notes) for name, notes in expected.items() if notes}
    assert piece.num_notes > 20


@pytest.mark.parametrize("ending", [".mid", ".wav", ".flac", ".mp3", ".ogg"])
def test_a_file_says_where_it_comes_from_and_is_made_again(studio, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    draw(studio, Walk("spherical", seeds=(0, 1), steps=2)).save(path)
    assert read_provenance(path).recipe["kind"] == "walk"
    assert verify(path, studio.run.path).comparison.equal
    content = bytearray(path.read_bytes())
    # The pitch of the last note, or a sample in the middle.
    content[-9 if ending == ".mid" else len(content) // 2] ^= 1
    path.write_bytes(content)
    # Damage may make the record unreadable, or the file.
    found = verify(path, studio.run.path)
    assert found.comparison is None or not found.comparison.equal
    draw(studio, Grid(seeds=(0,))).save(path, unmarked=True)
    assert read_provenance(path) is None


def test_a_wav_lasts_as_long_as_its_phrases(studio, tmp_path):
    draw(studio, Grid(seeds=(0,))).save(tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(16 * 0.6 + 0.08, abs=0.01)
        assert np.frombuffer(file.readframes(10**6), "<i2").any()


def test_what_is_no_music_is_not_written_as_music(studio, digits_run, tmp_path):
    with pytest.raises(UserError, match=r"must end in .* or \.mid, \.wav, .* for music"):
        draw(studio, Grid(seeds=(0,))).save(tmp_path / "a.aac")
    with pytest.raises(UserError, match=r"is not available for phrases"):
        draw(studio, Sheet("training"))
    with pytest.raises(UserError, match=r"must end in .*, got"):
        draw(Studio.open(digits_run, "latest"), Grid(seeds=(0,))).save(tmp_path / "a.mid")
    assert not list(tmp_path.iterdir())
