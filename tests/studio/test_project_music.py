"""MIDI files as the generator's nearest phrases, under their own class and under another one."""

import re

import numpy as np
import pytest
from PIL import Image
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.listener import Quiet
from gan_cli.media.decode import read_provenance
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.likeness import kept_melody, melody, overlap
from gan_cli.music.midi_reader import read_midi_file
from gan_cli.music.midi_writer import midi_file
from gan_cli.music.piece import Note
from gan_cli.sampling.saved_latents import read_latents
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit.project_music import likeness, nearest, verdict
from gan_cli.studio.picture_requests import Grid as GridRequest
from gan_cli.studio.picture_requests import Walk
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify

NAMES = ("lead", "bass")


def song(number, bars=4, offset=0):
    rng = np.random.default_rng(number)
    notes = [[], []]
    for beat in range(0, 16 * bars, 4):
        pitch = int(rng.choice([60, 62, 64, 65, 67, 69, 71])) + offset
        notes[0].append(Note(beat, beat + 4, pitch))
        notes[1].append(Note(beat, beat + 4, 40 + offset))
    return Grid(bars, 4).piece_of(instruments_named(NAMES, "tracks"), notes, 90.0)


def run_of(folder, form, architecture):
    """Untrained, with the classes jazz and rock."""
    for name in ("jazz", "rock"):
        for number in range(3):
            path = folder / "songs" / name / f"{number}.mid"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(midi_file(song(10 * len(name[:1]) + number + ord(name[0]))))
    data = {"source": "midi", "path": str(folder / "songs"), "form": form, "tracks": list(NAMES)}
    model = {**TINY, "architecture": architecture, "conditional": True}
    return Studio.open(make_run(folder / "run", {**data, "pitches": [36, 83]}, model))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("voices"), "voices", "choir")


@pytest.fixture(scope="module")
def of_rolls(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("rolls"), "rolls", "musegan")


def given_by(studio, path, label=1, seeds=(3, 4)):
    """A file of the generator's own phrases, which a search can find again."""
    drawing = draw(studio, GridRequest(seeds=seeds, classes=(label,)))
    drawing.save(path)
    return path


def test_a_phrase_of_the_generator_is_found_again(studio, tmp_path):
    """Seed 3 is among the first latents that are tried for a first phrase."""
    domain = studio.loaded.domain
    symbols = studio.images((3,), (1,))
    known = np.ones(symbols.shape, bool)
    request = Project(tmp_path / "none.mid", classes=(1,), seed=3, fit_steps=20)
    found = nearest(studio, request, symbols, known, Quiet())
    made = studio.sampler.images(found.latents, found.labels)
    assert likeness(domain, symbols, made, known) > 0.9
    assert found.labels.tolist() == [1]
    other = studio.images((4,), (1,))
    assert likeness(domain, symbols, other, known) < 0.7


def test_walks_start_from_what_was_found(studio, tmp_path):
    (tmp_path / "a.mid").write_bytes(midi_file(song(1, bars=8)))
    drawing = draw(studio, Project(tmp_path / "a.mid", classes=(1,), fit_steps=2))
    drawing.save(tmp_path / "found.mid")
    saved = read_latents(
        [tmp_path / "found.npz"], studio.latent_sizes, studio.loaded.weights_sha256
    )
    np.testing.assert_array_equal(saved.latents, drawing.saved.latents)
    assert saved.labels.tolist() == [1, 1]
    with Image.open(tmp_path / "found-strip.png") as strip:
        assert strip.width > 500
    walk = draw(studio, Walk("spherical", latents=(tmp_path / "found.npz",), steps=2))
    walk.save(tmp_path / "walk.mid")
    assert read_midi_file(tmp_path / "walk.mid").num_notes > 10


@pytest.mark.parametrize("offset", [0, 3])
def test_what_is_found_has_the_files_key_and_tempo_and_is_made_again(studio, tmp_path, offset):
    (tmp_path / "a.mid").write_bytes(midi_file(song(1, bars=6, offset=offset)))
    drawing = draw(studio, Project(tmp_path / "a.mid", fit_steps=2))
    for ending in (".mid", ".wav", ".png"):
        drawing.save(tmp_path / f"b{ending}")
        assert verify(tmp_path / f"b{ending}", studio.run.path).comparison.equal, ending
    found = read_midi_file(tmp_path / "b.mid")
    assert found.tempos[0].quarters_a_minute == pytest.approx(90)
    # Six bars are two phrases of four.
    assert found.length == 8 * 4 * found.ticks_per_quarter
    recipe = read_provenance(tmp_path / "b.mid").recipe
    assert recipe["kind"] == "projected music"
    assert (recipe["semitones"] - offset) % 12 == 0
    assert verify(tmp_path / "b-strip.png").provenance is not None


def test_another_class_decodes_the_latents_and_the_melody_is_compared(studio, tmp_path):
    (tmp_path / "a.mid").write_bytes(midi_file(song(1)))
    asked = {"classes": ("jazz",), "fit_steps": 3}
    before = draw(studio, Project(tmp_path / "a.mid", **asked))
    after = draw(studio, Project(tmp_path / "a.mid", into="rock", **asked))
    before.save(tmp_path / "before.mid")
    after.save(tmp_path / "after.mid")
    np.testing.assert_array_equal(before.saved.latents, after.saved.latents)
    assert (before.saved.labels.tolist(), after.saved.labels.tolist()) == ([0], [1])
    pieces = [read_midi_file(tmp_path / f"{name}.mid") for name in ("before", "after")]
    assert pieces[0] != pieces[1]
    assert verify(tmp_path / "after.mid", studio.run.path).comparison.equal
    said = re.search(
        r"class jazz; as rock it keeps (\d+) % of the file's melody, (\d+) % before the change of"
        r" class; other phrases of rock have (\d+) % of it",
        after.description,
    )
    domain = studio.loaded.domain
    given = domain.rolls(domain.of_roll(roll(song(1), domain))[None])[0] >= 128
    for share, drawing in zip(said.groups()[:2], (after, before), strict=True):
        made = studio.sampler.images(drawing.saved.latents, drawing.saved.labels)
        sounds = domain.rolls(made)[0] >= 128
        kept = [
            highest(step) == highest(other)
            for step, other in zip(given, sounds, strict=True)
            if step.any()
        ]
        assert int(share) == round(100 * np.mean(kept))


def roll(piece, domain):
    """A piece as one phrase, cell by cell."""
    cells = np.zeros(domain.form.shape, np.uint8)
    for number, track in enumerate(piece.tracks):
        for note in track.notes:
            cells[note.start // 120 : note.end // 120, note.pitch - 36, number] = 255
            # Notes that touch are kept apart by the step before.
    return cells


def highest(step):
    """Index of the highest pitch of [pitches, tracks], or None."""
    pitches = np.flatnonzero(step.any(axis=1))
    return pitches[-1] if len(pitches) else None


def test_rolls_are_found_too(of_rolls, tmp_path):
    given_by(of_rolls, tmp_path / "own.mid", seeds=(3,))
    drawing = draw(of_rolls, Project(tmp_path / "own.mid", seed=0, fit_steps=60))
    assert int(re.match(r"\w+: (\d+) %", drawing.description)[1]) > 30
    drawing.save(tmp_path / "found.mid")
    assert verify(tmp_path / "found.mid", of_rolls.run.path).comparison.equal


def test_the_command(studio, tmp_path, gan_sample):
    (tmp_path / "a.mid").write_bytes(midi_file(song(1)))
    asked = ("--run_dir", studio.run.path, "--project", tmp_path / "a.mid", "--fit_steps", "2")
    status, text = gan_sample(*asked, "--into", "rock", "--out", tmp_path / "b.mid")
    assert status == 0
    assert "of the file's melody" in text
    with pytest.raises(UserError, match="--into: no class 'pop'"):
        gan_sample(*asked, "--into", "pop", "--out", tmp_path / "c.mid")
    with pytest.raises(UserError, match=r"--out: must end in .*\.mid"):
        gan_sample(*asked, "--out", tmp_path / "c.gif")
    assert not list(tmp_path.glob("c*"))


def test_what_cannot_be_projected_is_one_line(studio, digits_run, tmp_path):
    def refused(content, match, **asked):
        (tmp_path / "a.mid").write_bytes(content)
        with pytest.raises(UserError, match=match):
            draw(studio, Project(tmp_path / "a.mid", **asked))

    refused(b"MThd", "a.mid: ")
    flute = Grid(4, 4).piece_of(instruments_named(("pipe",), "t"), [[Note(0, 4, 60)]], 90.0)
    refused(midi_file(flute), "has no notes for lead, bass")
    refused(midi_file(song(1, bars=70)), "has 70 bars; at most 64 are read")
    refused(midi_file(song(1)), "no class '2'", into=2)
    digits = Studio.open(digits_run, "latest")
    with pytest.raises(UserError, match="cannot be read as an image"):
        draw(digits, Project(tmp_path / "a.mid"))
    with pytest.raises(UserError, match="into: is for music"):
        draw(digits, Project(tmp_path / "a.mid", into="1"))


def test_notes_without_a_place_are_counted(studio, tmp_path):
    low = [Note(0, 4, 20), Note(8, 12, 60)]
    notes = [low, [Note(0, 16, 40)], [Note(0, 4, 60)] * 1]
    piece = Grid(4, 4).piece_of(instruments_named((*NAMES, "pipe"), "t"), notes, 90.0)
    (tmp_path / "a.mid").write_bytes(midi_file(piece))
    said = draw(studio, Project(tmp_path / "a.mid", fit_steps=1)).description
    assert "left out, of no track of the run: 1 notes, without a place in its phrases: 1" in said


def test_likeness_counts_the_cells_of_known_tracks(studio):
    domain = studio.loaded.domain
    lanes = len(domain.lanes)
    one, other = (np.zeros([1, 64, 1, lanes], np.uint8) for _ in range(2))
    lead = [lane.track for lane in domain.lanes].index(0)
    bass = [lane.track for lane in domain.lanes].index(1)
    one[0, 0, 0, lead] = other[0, 0, 0, lead] = 20
    one[0, 1:8, 0, lead] = other[0, 1:4, 0, lead] = 1
    other[0, 0, 0, bass] = 12
    known = np.zeros(one.shape, bool)
    known[..., lead] = True
    # 4 common cells of 8 and 4.
    assert likeness(domain, one, other, known) == pytest.approx(2 * 4 / 12)
    known[..., bass] = True
    assert likeness(domain, one, other, known) == pytest.approx(2 * 4 / 13)


def test_overlap_and_melody_by_hand():
    drums, lead, bass = instruments_named(("drums", "lead", "bass"), "tracks")
    given, other = (np.zeros([4, 12, 3], bool) for _ in range(2))
    given[0:3, 7, 1] = True
    given[:, 2, 2] = True
    given[:, 11, 0] = True
    other[0:2, 7, 2] = True
    other[2, 8, 1] = True
    assert melody(given, (drums, lead, bass)).tolist() == [7, 7, 7, 2]
    assert kept_melody(given, other, (drums, lead, bass)) == pytest.approx(0.5)
    assert kept_melody(other[:0], other[:0], (drums, lead, bass)) is None
    assert overlap(given[..., 1], other[..., 2]) == pytest.approx(2 * 2 / 5)
    assert overlap(given[:0], other[:0]) == 1


@pytest.mark.parametrize(
    ("reached", "word"), [(0.62, "good"), (0.58, "good"), (0.5, "fair"), (0.3, "poor")]
)
def test_words_for_a_projection(reached, word):
    said = verdict(reached, 0.6)
    assert said.startswith(f"{word}: {100 * reached:.0f} %")
    assert "reach 60 %" in said
    assert "without the run's data" in verdict(reached, None)
