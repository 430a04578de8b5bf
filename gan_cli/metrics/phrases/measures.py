"""What the notes of each phrase do: one number a phrase, NaN where a phrase has none.

Phrases are bool [count, steps, pitches, tracks]. The definitions are those of MuseGAN (Dong et al.
2018, section 5.3) where no other source stands.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gan_cli.music.phrases import RollForm

_EIGHTH_OF_A_BEAT = 8
# Harte, Sandler and Gasser 2006, equation 1: radius and angle a semitone of three circles.
_CIRCLES = ((1.0, 7 * np.pi / 6), (1.0, 3 * np.pi / 2), (0.5, 2 * np.pi / 3))
_PERFECT = (0, 7)


def empty_bars(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the share of the bars of all tracks in which nothing sounds."""
    return 1.0 - _bars(sounds, form).any(axis=(2, 3)).mean(axis=(1, 2))


def pitch_classes(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the mean number of pitch classes in a bar of a track, over bars in which it sounds.

    Drums do not count.
    """
    bars = np.asarray(_bars(_pitched(sounds, form), form).any(axis=2))
    counts = folded(bars, form.lowest, axis=2).astype(bool).sum(axis=2)
    return _mean_where(counts, counts > 0)


def polyphony(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the mean number of pitches of a track, over steps in which it sounds; without drums.

    A track that never plays two notes at once has 1.
    """
    counts = _pitched(sounds, form).sum(axis=2)
    return _mean_where(counts, counts > 0)


def qualified_notes(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the share of notes that last at least an eighth of a beat; without drums.

    In 4/4 these are 32nds. Where a step is no shorter than that, all notes are qualified.
    """
    pitched = _pitched(sounds, form)
    fewest = -(-form.grid.steps_per_beat // _EIGHTH_OF_A_BEAT)
    # Where a note starts, it is long enough if it still sounds in each of the steps up to that one.
    starts = onsets(pitched)
    long = starts.copy()
    for later in range(1, fewest):
        ahead = np.zeros_like(pitched)
        ahead[:, :-later] = pitched[:, later:]
        struck = np.zeros_like(pitched)
        struck[:, :-later] = starts[:, later:]
        long &= ahead & ~struck
    total = starts.sum(axis=(1, 2, 3))
    return _ratio(long.sum(axis=(1, 2, 3)), total)


def drum_pattern(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the share of drum strokes on eighths: on beats and halfway between them.

    Where a beat has an odd number of steps, only beats count.
    """
    drums = sounds[..., _is_drums(form)]
    every = form.grid.steps_per_beat
    every = every if every % 2 else every // 2
    return _ratio(drums[:, ::every].sum(axis=(1, 2, 3)), drums.sum(axis=(1, 2, 3)))


def tonal_distance(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns how far apart in tonal space two tracks are, over beats in which both sound.

    Harte, Sandler and Gasser 2006 (Detecting harmonic change in musical audio): the Euclidean
    distance of the six-dimensional tonal centroids of a beat's pitch classes. The mean is over all
    pairs of tracks; drums do not count.
    """
    pitched = _pitched(sounds, form)
    count, _, pitches, tracks = pitched.shape
    beats = pitched.reshape(count, -1, form.grid.steps_per_beat, pitches, tracks).sum(axis=2)
    chroma = folded(beats, form.lowest, axis=2)
    total = chroma.sum(axis=2, keepdims=True)
    centroids = np.einsum("dc,nbct->nbdt", _tonal_space(), chroma / np.maximum(total, 1))
    sounding = total[:, :, 0] > 0
    distances, both = [], []
    for one in range(tracks):
        for other in range(one):
            distances.append(np.linalg.norm(centroids[..., one] - centroids[..., other], axis=2))
            both.append(sounding[..., one] & sounding[..., other])
    if not distances:
        return np.full(count, np.nan)
    return _mean_where(np.stack(distances, axis=1), np.stack(both, axis=1))


def parallels(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns parallel unisons, fifths and octaves in 100 beats.

    Two voices are parallel where both move from one beat to the next, and are a unison, fifth or
    octave apart (compound ones included) before and after. A voice sings its highest note.
    """
    tops = _tops(sounds)[:, :: form.grid.steps_per_beat]
    before, after = tops[:, :-1], tops[:, 1:]
    moves = (before >= 0) & (after >= 0) & (before != after)
    found = np.zeros(len(tops))
    for one in range(tops.shape[2]):
        for other in range(one + 1, tops.shape[2]):
            intervals = [(part[..., one] - part[..., other]) % 12 for part in (before, after)]
            both = moves[..., one] & moves[..., other] & (intervals[0] == intervals[1])
            found += (both & np.isin(intervals[0], _PERFECT)).sum(axis=1)
    return 100.0 * found / max(before.shape[1], 1)


def crossings(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns the share of beats on which a voice sings lower than the next one below it."""
    tops = _tops(sounds)[:, :: form.grid.steps_per_beat]
    upper, lower = tops[..., :-1], tops[..., 1:]
    return ((upper < lower) & (upper >= 0) & (lower >= 0)).any(axis=2).mean(axis=1)


def out_of_range(
    sounds: np.ndarray, form: RollForm, ranges: tuple[tuple[int, int], ...]
) -> np.ndarray:
    """Returns the share of sounding cells outside the voices' ranges.

    Args:
      ranges: for each track, its lowest and highest MIDI key.
    """
    keys = form.lowest + np.arange(sounds.shape[2])[:, None]
    low, high = np.array(ranges).T
    outside = (keys < low) | (keys > high)
    return _ratio((sounds & outside).sum(axis=(1, 2, 3)), sounds.sum(axis=(1, 2, 3)))


# By name.
_GENERAL: dict[str, Callable[[np.ndarray, RollForm], np.ndarray]] = {
    "empty_bars": empty_bars,
    "pitch_classes": pitch_classes,
    "polyphony": polyphony,
    "qualified_notes": qualified_notes,
    "tonal_distance": tonal_distance,
    "drum_pattern": drum_pattern,
}


def general_measures(rolls: np.ndarray, form: RollForm) -> dict[str, np.ndarray]:
    """Returns the measures that all music has, float64 [count], by name.

    Left out: what the form decides alone, such as the strokes of drums where there are none.

    Args:
      rolls: uint8 [count, steps, pitches, tracks].
    """
    names = dict(_GENERAL)
    if not _is_drums(form).any():
        del names["drum_pattern"]
    if form.grid.steps_per_beat <= _EIGHTH_OF_A_BEAT:
        del names["qualified_notes"]
    if (~_is_drums(form)).sum() < 2:
        del names["tonal_distance"]
    if _is_drums(form).all():
        names = {key: names[key] for key in ("empty_bars", "drum_pattern")}
    return {name: measure(rolls >= 128, form) for name, measure in names.items()}


def choral_measures(
    rolls: np.ndarray, form: RollForm, ranges: tuple[tuple[int, int], ...]
) -> dict[str, np.ndarray]:
    """Returns the measures of voices that are ordered from high to low, float64 [count], by name.

    Args:
      rolls: uint8 [count, steps, pitches, tracks].
      ranges: for each track, its lowest and highest MIDI key.
    """
    sounds = rolls >= 128
    return {
        "parallels": parallels(sounds, form),
        "crossings": crossings(sounds, form),
        "out_of_range": out_of_range(sounds, form, ranges),
    }


def mean(values: np.ndarray) -> float:
    """Returns the mean of the numbers that are there; NaN where there are none."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def onsets(sounds: np.ndarray) -> np.ndarray:
    """Returns where notes start: bool, of the same shape; a phrase begins in silence."""
    before = np.zeros_like(sounds)
    before[:, 1:] = sounds[:, :-1]
    return sounds & ~before


def folded(values: np.ndarray, lowest: int, axis: int) -> np.ndarray:
    """Adds up the pitches of each pitch class; class 0 is C, whatever the lowest pitch is."""
    moved = np.moveaxis(values, axis, 0)
    classes = np.zeros((12, *moved.shape[1:]), np.int64)
    np.add.at(classes, (lowest + np.arange(len(moved))) % 12, moved)
    return np.moveaxis(classes, 0, axis)


def _bars(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns bool [count, bars, steps, pitches, tracks]."""
    return sounds.reshape(len(sounds), form.grid.bars, -1, *sounds.shape[2:])


def _is_drums(form: RollForm) -> np.ndarray:
    return np.array([instrument.is_drums for instrument in form.instruments])


def _pitched(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    return sounds[..., ~_is_drums(form)]


def _tops(sounds: np.ndarray) -> np.ndarray:
    """Returns the index of the highest pitch of each step and track, -1 in silence."""
    top = sounds.shape[2] - 1 - sounds[:, :, ::-1].argmax(axis=2)
    return np.where(sounds.any(axis=2), top, -1)


def _tonal_space() -> np.ndarray:
    """Returns the matrix from pitch classes to tonal centroids, [6, 12]."""
    classes = np.arange(12)
    rows = [
        radius * turn(angle * classes) for radius, angle in _CIRCLES for turn in (np.sin, np.cos)
    ]
    return np.array(rows)


def _mean_where(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    axes = tuple(range(1, values.ndim))
    return _ratio((values * there).sum(axis=axes), there.sum(axis=axes))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
