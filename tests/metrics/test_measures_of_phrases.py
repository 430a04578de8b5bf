"""Measures of phrases, against counts by hand and the mistakes that such code often makes."""

import numpy as np
import pytest

from gan_cli.metrics.phrases import measures
from gan_cli.metrics.phrases.descriptors import in_scale
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.phrases import RollForm

LOWEST = 36


def form(names=("strings", "bass"), bars=1, steps_per_beat=4):
    grid = Grid(bars, steps_per_beat)
    return RollForm(grid, instruments_named(names, "tracks"), LOWEST, LOWEST + 47)


def phrase(notes, of):
    """Notes (track, start, end, key) as one phrase: bool [1, steps, pitches, tracks]."""
    sounds = np.zeros((1, *of.shape), bool)
    for track, start, end, key in notes:
        sounds[0, start:end, key - LOWEST, track] = True
    return sounds


def chord(*keys, track=0):
    return [(track, 0, 4, key) for key in keys]


def test_octaves_are_one_pitch_class():
    """Folding in blocks, as reshape(..., 12, -1) does, would count C1 C2 C3 as two classes."""
    of = form()
    three_cs = phrase(chord(36, 48, 60), of)
    assert measures.pitch_classes(three_cs, of) == 1
    np.testing.assert_array_equal(
        measures.folded(np.arange(24), lowest=36, axis=0), np.arange(12) * 2 + 12
    )
    np.testing.assert_array_equal(measures.folded(np.eye(3, dtype=int)[1], 40, 0).nonzero(), [[5]])


def test_a_c_major_scale_has_seven_classes_all_in_scale():
    of = form()
    scale = (48, 50, 52, 53, 55, 57, 59)
    assert measures.pitch_classes(phrase(chord(*scale), of), of) == 7
    counts = measures.folded(phrase(chord(*scale), of).any(axis=(1, 3)), LOWEST, 1)[0]
    assert in_scale(counts) == 1.0


def test_empty_bars_are_those_without_a_note():
    """Not those with one; and a phrase that ends on a bar line has no bar more."""
    of = form(bars=4)
    sounds = phrase([(0, 48, 64, 60)], of)
    assert measures.empty_bars(sounds, of) == 7 / 8


def test_short_notes_are_not_qualified():
    of = form(steps_per_beat=24)
    short = [(0, start, start + 1, 60) for start in range(0, 96, 2)]
    assert measures.qualified_notes(phrase(short, of), of) == 0
    assert measures.qualified_notes(phrase([*short, (1, 0, 3, 40)], of), of) == 1 / 49
    # At the end of the phrase too: three steps are an eighth of 24, two are not.
    assert measures.qualified_notes(phrase([(0, 93, 96, 60), (1, 94, 96, 60)], of), of) == 0.5


def test_polyphony_counts_pitches_of_a_track_where_it_sounds():
    of = form()
    sounds = phrase([*chord(60, 64), (1, 0, 2, 40)], of)
    assert measures.polyphony(sounds, of) == pytest.approx((4 * 2 + 2 * 1) / 6)


def test_drum_pattern_is_the_share_on_eighths():
    of = form(("drums", "bass"))
    strokes = [(0, step, step + 1, 38) for step in (0, 2, 3, 4)]
    assert measures.drum_pattern(phrase(strokes, of), of) == 0.75


def test_tonal_distance_is_a_mean_over_beats_in_which_both_sound():
    """Beats in which a track is silent neither count nor make the mean undefined."""
    of = form()
    both = phrase([(0, 0, 8, 60), (1, 0, 4, 43), (0, 8, 12, 60), (1, 8, 12, 48)], of)
    fifth = np.array(
        [
            (1 - np.exp(1j * 7 * angle)) * radius
            for radius, angle in ((1, 7 * np.pi / 6), (1, 3 * np.pi / 2), (0.5, 2 * np.pi / 3))
        ]
    )
    expected = np.sqrt((np.abs(fifth) ** 2).sum()) / 2
    np.testing.assert_allclose(measures.tonal_distance(both, of), [expected], rtol=1e-12)
    alone = phrase(chord(60), of)
    assert np.isnan(measures.tonal_distance(alone, of)).all()
    assert np.isnan(measures.mean(measures.tonal_distance(alone, of)))


def test_parallel_fifths_crossings_and_ranges():
    of = form(("strings", "bass"))
    steps = ((60, 53), (62, 55), (64, 60), (53, 60))
    notes = [
        (track, 4 * beat, 4 * beat + 4, key)
        for beat, keys in enumerate(steps)
        for track, key in enumerate(keys)
    ]
    sounds = phrase(notes, of)
    assert measures.parallels(sounds, of) == pytest.approx(100 / 3)
    assert measures.crossings(sounds, of) == 0.25
    assert measures.out_of_range(sounds, of, ((60, 70), (50, 60))) == 4 / 32
    # Two voices that stay on their notes are not parallel.
    held = phrase([(0, 0, 16, 60), (1, 0, 16, 53)], of)
    assert measures.parallels(held, of) == 0


def test_measures_that_the_form_decides_are_left_out():
    rolls = np.zeros((2, *form().shape), np.uint8)
    assert set(measures.general_measures(rolls, form())) == {
        "empty_bars",
        "pitch_classes",
        "polyphony",
        "tonal_distance",
    }
    drums = form(("drums",))
    assert set(measures.general_measures(rolls[..., :1], drums)) == {"empty_bars", "drum_pattern"}
