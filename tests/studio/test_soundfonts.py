"""Music played with a soundfont by FluidSynth, where it is installed: Debian's `fluidsynth`."""

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.media import soundfont as module
from gan_cli.media.decode import read_provenance
from gan_cli.media.soundfont import open_soundfont
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instrument_named
from gan_cli.music.piece import Note
from gan_cli.studio import picture_requests
from gan_cli.studio.dispatch import draw
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify

# A font of 6 MB: Debian's `timgm6mb-soundfont`.
FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not FONT.is_file(),
    reason="needs fluidsynth and timgm6mb-soundfont",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Untrained: drums, bass, piano and lead."""
    model = {**TINY, "architecture": "choir"}
    path = tmp_path_factory.mktemp("runs") / "songs"
    return Studio.open(make_run(path, {"source": "builtin", "name": "songs"}, model))


@needs_fluidsynth
def test_notes_are_heard_where_they_stand_at_their_pitch():
    """A at 440 Hz in the second bar of two, after silence."""
    flute = [instrument_named("pipe")]
    piece = Grid(2, 4).piece_of(flute, [[Note(16, 32, 69)]], 120.0)
    sound = open_soundfont(FONT).played(piece)
    assert sound.dtype == np.int16
    assert sound.shape[1] == 2
    assert np.abs(sound.astype(int)).max() == pytest.approx(0.9 * 32767, abs=1)
    # A bar lasts two seconds; what comes before the note is silent.
    first = np.flatnonzero(np.abs(sound.astype(int)).max(axis=1) > 1000)[0] / 44100
    assert first == pytest.approx(2.0, abs=0.1)
    part = sound[int(2.5 * 44100) : int(3.5 * 44100), 0].astype(float)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    assert np.fft.rfftfreq(len(part), 1 / 44100)[spectrum.argmax()] == pytest.approx(440, rel=0.01)


@needs_fluidsynth
@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_file_names_its_soundfont_and_is_made_again(studio, tmp_path, ending):
    if ending != ".wav":
        pytest.importorskip("av")
    path = tmp_path / f"a{ending}"
    drawing = draw(studio, picture_requests.Grid(seeds=(0,)))
    drawing.save(path, soundfont=FONT)
    recipe = read_provenance(path).recipe
    assert recipe["soundfont_sha256"] == open_soundfont(FONT).sha256
    assert verify(path, studio.run.path, FONT).comparison.equal
    with pytest.raises(
        UserError, match=r"played with a soundfont of SHA-256 [0-9a-f]{64}: name it"
    ):
        verify(path, studio.run.path)
    drawing.save(tmp_path / f"b{ending}")
    assert (tmp_path / f"b{ending}").read_bytes() != path.read_bytes()


@needs_fluidsynth
def test_another_soundfont_or_version_is_refused(studio, tmp_path, monkeypatch):
    path, other = tmp_path / "a.wav", tmp_path / "other.sf2"
    draw(studio, picture_requests.Grid(seeds=(0,))).save(path, soundfont=FONT)
    other.write_bytes(FONT.read_bytes() + b"\0")
    with pytest.raises(UserError, match=r"and .*other\.sf2 has [0-9a-f]{64}"):
        verify(path, studio.run.path, other)
    monkeypatch.setattr(module, "_VERSION_NUMBER", "none")
    with pytest.raises(UserError, match=r"version unknown may make other samples"):
        verify(path, studio.run.path, FONT)


@needs_fluidsynth
def test_a_long_piece_ends_after_its_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_SECONDS", 20.0)
    flute = [instrument_named("pipe")]
    notes = [Note(16 * bar, 16 * bar + 4, 69) for bar in range(40)]
    held = [Note(0, 16 * 40, 60)]
    for each, seconds in ((notes, 19.0), (held, 25.0)):
        piece = Grid(40, 4).piece_of(flute, [each], 120.0)
        # The last note starts at 18 seconds, and fades; what is held ends with its tail.
        assert 0 <= len(open_soundfont(FONT).played(piece)) / 44100 - seconds < 4


@needs_fluidsynth
def test_the_command_plays_a_walk_in_stereo(studio, tmp_path, gan_sample):
    walk = ("--walk", "spherical", "--seeds", "0-1", "--steps", "1", "--soundfont", FONT)
    status, _ = gan_sample("--run_dir", studio.run.path, *walk, "--out", tmp_path / "a.wav")
    assert status == 0
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 44_100)
        assert file.getnframes() > 2 * 9.6 * 44_100
    again = "--inspect", tmp_path / "a.wav", "--run_dir", studio.run.path, "--soundfont", FONT
    assert gan_sample(*again)[0] == 0


def test_what_cannot_be_used_is_one_line(studio, tmp_path, monkeypatch, gan_sample):
    def refused(font, match, out="a.wav", drawn=()):
        asked = ("--soundfont", font, *drawn, "--out", tmp_path / out)
        with pytest.raises(UserError, match=match) as caught:
            gan_sample("--run_dir", studio.run.path, *asked)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / out).exists()

    (tmp_path / "x.sf2").write_bytes(b"RIFF\0\0\0\0WAVE")
    refused(tmp_path / "none.sf2", "--soundfont: .*none.sf2 is no file")
    refused(tmp_path / "x.sf2", r"--soundfont: is for \.wav, \.flac, .*, got '.*a\.mid'", "a.mid")
    refused(tmp_path / "x.sf2", r"--soundfont: is for \.wav, \.flac, .*, got '.*\.npz'", "a.npz")
    refused(tmp_path / "x.sf2", "--soundfont: is not for --sheet", drawn=("--sheet", "classes"))
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")
    refused(tmp_path / "x.sf2", "--soundfont: .*x.sf2 is no soundfont")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    refused(tmp_path / "x.sf2", "--soundfont: needs the program fluidsynth")


@needs_fluidsynth
def test_a_damaged_soundfont_is_one_line(studio, tmp_path):
    (tmp_path / "x.sf2").write_bytes(FONT.read_bytes()[:5000])
    with pytest.raises(UserError, match=r"FluidSynth cannot play .*x\.sf2") as caught:
        draw(studio, picture_requests.Grid(seeds=(0,))).save(
            tmp_path / "a.wav", soundfont=tmp_path / "x.sf2"
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a.wav").exists()
