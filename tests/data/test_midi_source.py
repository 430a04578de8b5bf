"""MIDI files as phrases: what is cut, what is left out and told, and what is held out."""

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.errors import UserError
from gan_cli.music.grid import Grid, meter_named
from gan_cli.music.instruments import instruments_named
from gan_cli.music.midi_reader import read_midi_file
from gan_cli.music.midi_writer import midi_file
from gan_cli.music.phrases import cut, transposed
from gan_cli.music.piece import Note

NAMES = ("drums", "piano", "bass")
LOW, HIGH = 36, 83


def write_song(path, number, bars=8, meter="4/4", names=NAMES, offset=0):
    """A song whose every bar differs from every bar of other songs, transposed or not."""
    grid = Grid(bars, 4, meter_named(meter, "meter"))
    rng = np.random.default_rng(number)
    notes = [[] for _ in names]
    for bar in range(0, grid.steps, grid.steps_per_bar):
        steps = 2 * np.sort(rng.permutation(grid.steps_per_bar // 2)[:5])
        notes[0] += [Note(bar + int(s), bar + int(s) + 1, 42) for s in steps[::2]]
        for s, pitch in zip(steps, rng.integers(50, 70, 5), strict=True):
            notes[1].append(Note(bar + int(s), bar + int(s) + 1, int(pitch) + offset))
        notes[2].append(Note(bar, bar + 4, 40))
    piece = grid.piece_of(instruments_named(names, "tracks"), notes, 100.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(midi_file(piece))


def config(path, **keys):
    usual = {"tracks": list(NAMES), "pitches": [LOW, HIGH], "bars": 2}
    usual |= {"form": "rolls", "transpose": "within_range"}
    midi = {"path": str(path), **usual, **keys}
    return DataConfig.model_validate({"source": "midi", "midi": midi, "on_corrupt": "skip"})


@pytest.fixture
def songs(tmp_path):
    for number in range(6):
        write_song(tmp_path / f"{number}.mid", number)
    return tmp_path


def bars_of(images):
    """Every bar of phrases of two bars: uint8 [2 * count, 16, pitches, tracks]."""
    return images.reshape(-1, 16, *images.shape[2:])


def test_phrases_start_at_every_bar(songs):
    splits = open_splits(config(songs))
    assert splits.train.images.shape[1:] == (32, 48, 3)
    assert len(splits.train.images) + len(splits.holdout.images) == 6 * 7
    assert set(np.unique(splits.train.images)) == {0, 255}
    assert not splits.notes
    assert not splits.skipped


def test_with_a_stride_phrases_start_at_some_bars_counted_from_the_beginning(songs):
    every, third = (open_splits(config(songs, stride=stride)) for stride in (1, 3))

    def phrases(splits):
        return {e.tobytes() for each in (splits.train, splits.holdout) for e in each.images}

    # Of 8 bars with phrases of 2: at bars 1, 4 and 7.
    assert len(phrases(third)) == 6 * 3
    assert phrases(third) < phrases(every)
    first = {
        domain_roll(songs / f"{number}.mid", every.domain.form, bar).tobytes()
        for number in range(6)
        for bar in (0, 3, 6)
    }
    assert phrases(third) == first


def domain_roll(path, form, bar):
    """Two bars of a file as a phrase."""
    (roll,) = cut(read_midi_file(path), form).rolls
    return roll.cells[16 * bar : 16 * bar + 32]


def test_no_bar_of_a_held_out_piece_is_trained_on(songs):
    """Nor is a transposition of one, in any epoch."""
    splits = open_splits(config(songs))
    domain = splits.domain
    assert domain.varies
    batches = training_batches(splits.train, 8, seed=1, steps_per_call=30, vary=domain.varied)
    drawn = next(iter(batches))["images"].numpy().reshape(-1, *domain.stored_shape)
    trained = {bar[..., 1].tobytes() for bar in bars_of(drawn)}
    held_out = bars_of(splits.holdout.images)
    assert len(held_out) == 14
    for semitones in range(-12, 13):
        moved = transposed(held_out, semitones, (True, False, False))
        assert not trained & {bar[..., 1].tobytes() for bar in moved}
    # The check can fail: training bars are found, moved back by the interval that was drawn.
    own = {
        bar[..., 1].tobytes()
        for semitones in range(-12, 13)
        for bar in transposed(bars_of(splits.train.images), semitones, (True, False, False))
    }
    assert trained <= own
    assert len(trained) > len({bar[..., 1].tobytes() for bar in bars_of(splits.train.images)})


def test_transposition_moves_all_but_drums_and_loses_no_note(songs):
    splits = open_splits(config(songs))
    images, domain = splits.train.images, splits.domain
    lowest = domain.varied(images, np.zeros(len(images)))
    highest = domain.varied(images, np.full(len(images), 1 - 1e-9))
    np.testing.assert_array_equal(lowest[..., 0], images[..., 0])
    for moved, interval in ((lowest, -4), (highest, 5)):
        # The bass at 40 can go down by four, to the lowest pitch.
        np.testing.assert_array_equal(moved, transposed(images, interval, (True, False, False)))
        assert (moved > 0).sum() == (images > 0).sum()
    assert not open_splits(config(songs, transpose="none")).domain.varies


def test_transpositions_are_a_function_of_seed_and_position(songs):
    splits = open_splits(config(songs))
    vary = splits.domain.varied

    def batches(first, seed=3):
        stream = training_batches(splits.train, 5, seed=seed, first_image=first, vary=vary)
        return [batch["images"].numpy() for batch in stream.take(12)]

    whole, rest = batches(0), batches(35)
    np.testing.assert_array_equal(whole[7:], rest[:5])
    assert not np.array_equal(whole, batches(0, seed=4))


def test_what_is_left_out_is_told(songs):
    write_song(songs / "waltz.mid", 7, meter="3/4")
    write_song(songs / "short.mid", 8, bars=1)
    write_song(songs / "high.mid", 9, offset=30)
    write_song(songs / "organ.mid", 10, names=("drums", "organ", "bass"))
    (songs / "copy.mid").write_bytes((songs / "0.mid").read_bytes())
    (songs / "bad.mid").write_bytes(b"MThd")
    (songs / "cover.jpg").write_bytes(b"")
    splits = open_splits(config(songs))
    told = "\n".join(splits.notes)
    assert "left out, without a part in 4/4 (data.meter): 1 of 11 files" in told
    assert "without 2 bars that have notes in two tracks: 1 of 11 files" in told
    assert "with another file of the same notes: 1 files" in told
    assert "of instruments without a track (data.tracks): 40 of " in told
    assert "outside the pitches from 36 to 83: " in told
    assert [line.split(": ", 1)[1] for line in splits.skipped] == [
        "is no MIDI file: it does not start with MThd"
    ]


def test_a_copy_is_held_out_with_its_original(tmp_path):
    for number in range(2):
        for copy in "ab":
            write_song(tmp_path / f"{number}{copy}.mid", number)
    splits = open_splits(config(tmp_path))
    trained, held = ({e.tobytes() for e in each.images} for each in (splits.train, splits.holdout))
    assert len(trained) == len(held) == 7
    assert not trained & held


def test_other_meters_and_triplets(tmp_path):
    for number in range(3):
        write_song(tmp_path / f"{number}.mid", number, meter="3/4")
    splits = open_splits(config(tmp_path, meter="3/4", steps_per_beat=12))
    assert splits.train.images.shape[1:] == (72, 48, 3)
    with pytest.raises(UserError, match=r"none of 3 files has a part in 4/4; they are in 3/4"):
        open_splits(config(tmp_path))


def test_folders_are_classes_and_each_class_has_pieces_on_both_sides(tmp_path):
    for name in ("jazz", "rock"):
        for number in range(5):
            write_song(tmp_path / name / f"{number}.mid", len(name + name[0]) + number)
    splits = open_splits(config(tmp_path))
    assert splits.train.class_names == ("jazz", "rock")
    assert set(splits.train.labels) == set(splits.holdout.labels) == {0, 1}
    (tmp_path / "loose.mid").write_bytes(b"")
    with pytest.raises(UserError, match=r"1 loose files, such as loose\.mid"):
        open_splits(config(tmp_path))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"meter": "4/5"}, r"data.meter: must be beats/unit"),
        ({"tracks": ["drums", "kazoo"]}, r"data.tracks: unknown track 'kazoo'"),
        ({"tracks": ["bass", "bass"]}, r"data.tracks: names track 'bass' twice"),
        ({"pitches": [60, 62]}, r"data.pitches: must be the lowest and the highest"),
        ({"bars": 64, "steps_per_beat": 24}, r"data.bars: 64 bars have 6,144 steps"),
        ({"tracks": ["organ"]}, r"no phrase is left: .* in the track 'organ'"),
    ],
)
def test_wrong_keys_are_one_line(songs, keys, why):
    with pytest.raises(UserError, match=why):
        open_splits(config(songs, **keys))


def test_folders_that_hold_nothing_usable(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        open_splits(config(tmp_path / "none"))
    with pytest.raises(UserError, match="holds no MIDI files"):
        open_splits(config(tmp_path))
    (tmp_path / "bad.mid").write_bytes(b"")
    with pytest.raises(UserError, match="none of the MIDI files can be read"):
        open_splits(config(tmp_path))
    write_song(tmp_path / "only.mid", 0)
    with pytest.raises(UserError, match="samples of one file alone"):
        open_splits(config(tmp_path))
    strict = config(tmp_path).model_copy(update={"on_corrupt": "fail"})
    with pytest.raises(UserError, match=r"cannot decode .*bad\.mid: is no MIDI file"):
        open_splits(strict)


def test_voices_hold_the_notes_of_rolls_in_c(songs):
    rolls = open_splits(config(songs, transpose="none")).train
    voices = open_splits(config(songs, form="voices", voices=4, transpose="to_c"))
    found = voices.domain.rolls(voices.train.images)
    assert voices.domain.is_in_c
    assert not voices.domain.varies
    assert found.shape == rolls.images.shape
    drums = [instrument.is_drums for instrument in voices.domain.form.instruments]
    np.testing.assert_array_equal(found[..., drums], rolls.images[..., drums])


def test_notes_without_a_free_voice_are_counted(tmp_path):
    grid, piano = Grid(4, 4), instruments_named(("piano", "bass"), "tracks")
    chords = [[Note(0, 8, pitch) for pitch in (60, 64, 67)], [Note(0, 64, 40)]]
    for number in range(2):
        chords[1][0] = Note(0, 64, 40 + number)
        content = midi_file(grid.piece_of(piano, chords, 120.0), None)
        (tmp_path / f"{number}.mid").write_bytes(content)
    for voices, expected in ((2, 1), (3, 0)):
        keys = {"form": "voices", "voices": voices, "tracks": ["piano", "bass"]}
        notes = open_splits(config(tmp_path, **keys)).notes
        counted = [note for note in notes if "more notes at once than their track has" in note]
        assert (
            counted
            == ["left out, more notes at once than their track has voices: 2 of 8 notes"] * expected
        )
