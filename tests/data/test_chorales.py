"""Bach's chorales: read as music21 reads them, held out by piece, transposed within ranges."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources.chorales import LOWEST, RANGES, domain_of
from gan_cli.errors import UserError
from gan_cli.music.scores import read_score_file

CONFIG = DataConfig.model_validate({"source": "chorales"})
needs_corpus = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="needs music21"
)


def test_a_missing_corpus_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'gan-cli\[music\]'"):
        open_splits(CONFIG)


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


@pytest.fixture(scope="module")
def splits():
    return open_splits(CONFIG)


def shapes(phrases):
    """Every phrase with its lowest pitch moved to the bottom, as bytes."""
    moved = [np.roll(p, -int(np.flatnonzero(p.any(axis=(0, 2)))[0]), axis=1) for p in phrases]
    return [each.tobytes() for each in moved]


@needs_corpus
def test_phrases_of_held_out_pieces_are_in_no_training_piece_under_any_transposition(splits):
    assert splits.train.images.shape[1:] == (64, 48, 4)
    assert len(splits.train.images) + len(splits.holdout.images) > 3_000
    known = set(shapes(splits.train.images))
    copied = [shape in known for shape in shapes(splits.holdout.images)]
    assert not any(copied)


@needs_corpus
def test_transposition_keeps_every_voice_within_its_range(splits):
    domain = domain_of(CONFIG)
    phrases = splits.train.images[::50]
    for draw in (0.0, 0.999):
        moved = domain.varied(phrases, np.full(len(phrases), draw))
        assert (moved.sum(axis=(1, 2)) == phrases.sum(axis=(1, 2))).all()
        for voice, (low, high) in enumerate(RANGES):
            used = np.flatnonzero(moved[..., voice].any(axis=(0, 1))) + LOWEST
            before = np.flatnonzero(phrases[..., voice].any(axis=(0, 1))) + LOWEST
            assert used[0] >= min(low, before[0])
            assert used[-1] <= max(high, before[-1])
        assert (moved != phrases).any(axis=(1, 2, 3)).mean() > 0.9
