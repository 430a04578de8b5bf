"""Bach's chorales: read as music21 reads them, held out by piece, transposed within ranges."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources.chorales import RANGES
from gan_cli.errors import UserError
from gan_cli.music.scores import read_score_file

needs_corpus = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="needs music21"
)


def test_a_missing_corpus_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'gan-cli\[music\]'"):
        open_splits(config())


@needs_corpus
def test_scores_are_read_as_music21_reads_them():
    corpus = pytest.importorskip("music21.corpus")
    piece = read_score_file(Path(corpus.getWork("bwv66.6")))
    parts = corpus.parse("bwv66.6")
    for track, part in zip(piece.tracks, parts.parts, strict=True):
        notes = list(part.stripTies().flatten().notes)
        pickup = next(iter(part.getElementsByClass("Measure"))).duration.quarterLength
        pickup = pickup if pickup < 4 else 0
        theirs = [
            (float(n.offset - pickup), float(n.offset - pickup + n.quarterLength), n.pitch.midi)
            for n in notes
            if n.offset >= pickup
        ]
        assert [(n.start / 480, n.end / 480, n.pitch) for n in track.notes] == theirs


@pytest.fixture(scope="module", params=["to_c", "none"])
def splits(request):
    return open_splits(config(transpose=request.param))


def config(**keys):
    return DataConfig.model_validate({"source": "chorales", **keys})


def held_out_bars(splits, bars):
    """Runs of so many bars of held-out phrases that training phrases hold in some key."""
    domain = splits.domain
    steps = bars * domain.form.grid.steps_per_bar

    def shapes(phrases):
        for phrase in phrases:
            for start in range(0, len(phrase), 16):
                part = phrase[start : start + steps]
                used = np.flatnonzero(part.any(axis=(0, 2)))
                if len(part) == steps and len(used):
                    # Moved to the bottom, all transpositions are one.
                    yield part[:, used[0] : used[-1] + 1].tobytes() + bytes([used[-1] - used[0]])

    known = set(shapes(domain.rolls(splits.train.images)))
    found = list(shapes(domain.rolls(splits.holdout.images)))
    return len(set(found) & known), len(set(found))


@needs_corpus
def test_no_four_bars_of_a_held_out_piece_are_in_training_under_any_transposition(splits):
    assert splits.train.images.shape[1:] == (64, 1, 4)
    assert len(splits.train.images) + len(splits.holdout.images) > 3_000
    assert held_out_bars(splits, 4)[0] == 0


@needs_corpus
def test_hardly_a_bar_of_a_held_out_piece_is_in_training(splits):
    # Bach used some bars twice: a close on one chord above all.
    shared, total = held_out_bars(splits, 1)
    assert shared <= 0.05 * total


@needs_corpus
def test_transposition_keeps_every_voice_within_its_range():
    splits = open_splits(config(transpose="within_range"))
    domain = splits.domain
    phrases = splits.train.images[::50]
    before = domain.rolls(phrases)
    for draw in (0.0, 0.999):
        moved = domain.rolls(domain.varied(phrases, np.full(len(phrases), draw)))
        assert (moved.sum(axis=(1, 2)) == before.sum(axis=(1, 2))).all()
        for voice, (low, high) in enumerate(RANGES):
            keys = [
                np.flatnonzero(each[..., voice].any(axis=(0, 1))) + domain.form.lowest
                for each in (moved, before)
            ]
            assert keys[0][0] >= min(low, keys[1][0])
            assert keys[0][-1] <= max(high, keys[1][-1])
        assert (moved != before).any(axis=(1, 2, 3)).mean() > 0.9


@needs_corpus
def test_voices_and_rolls_hold_the_same_notes():
    voices, rolls = (
        open_splits(config(form=form, transpose="none")) for form in ("voices", "rolls")
    )
    found = voices.domain.rolls(voices.holdout.images)
    low = rolls.domain.form.lowest - voices.domain.form.lowest
    pitches = rolls.domain.form.shape[1]
    np.testing.assert_array_equal(found[:, :, low : low + pitches], rolls.holdout.images)
    assert voices.domain.piece(voices.holdout.images[0]).num_notes > 40


@needs_corpus
def test_pieces_in_c_use_the_white_keys(splits):
    form = splits.domain.form
    lengths = splits.domain.rolls(splits.train.images).sum(axis=(0, 1, 3), dtype=np.int64)
    white = np.isin((np.arange(len(lengths)) + form.lowest) % 12, [0, 2, 4, 5, 7, 9, 11])
    is_in_c = lengths[white].sum() > 0.9 * lengths.sum()
    assert is_in_c == (form.lowest == 31)
