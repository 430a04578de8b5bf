"""What the notes of a phrase do, as numbers that a musician would count."""

import numpy as np

from gan_cli.music.phrases import RollForm

_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def descriptors(rolls: np.ndarray, form: RollForm) -> np.ndarray:
    """Returns one vector for each phrase: float64 [count, dimension].

    For each track: share of sounding steps, notes per step, pitches per sounding step, mean pitch
    in octaves above the lowest one. For the drums, in place of the last two: share of strokes on
    beats. For all tracks but drums together: share of notes in the best major scale, entropy of
    pitch classes. For all: groove, the likeness of neighbouring bars.

    Args:
      rolls: uint8 [count, steps, pitches, tracks].
    """
    return np.stack([_of_phrase(cells >= 128, form) for cells in rolls])


def in_scale(onsets_of_classes: np.ndarray) -> float:
    """Returns the largest share of notes in a major scale; natural minor is the same set.

    Args:
      onsets_of_classes: number of notes of each pitch class, [12]; where all are 0, the share is 1.
    """
    total = onsets_of_classes.sum()
    shares = [onsets_of_classes[(_MAJOR + root) % 12].sum() for root in range(12)]
    return float(max(shares) / total) if total else 1.0


def groove(onsets: np.ndarray, bars: int) -> float:
    """Returns 1 less the mean share of steps in which neighbouring bars differ.

    Wu and Yang 2020 (Jazz Transformer), section 4.2.

    Args:
      onsets: bool [steps], whether a note starts.
    """
    by_bar = onsets.reshape(bars, -1)
    return 1.0 - float((by_bar[1:] != by_bar[:-1]).mean()) if bars > 1 else 1.0


def _of_phrase(sounds: np.ndarray, form: RollForm) -> np.ndarray:
    before = np.concatenate([np.zeros_like(sounds[:1]), sounds[:-1]])
    onsets = sounds & ~before
    values: list[float] = []
    classes = np.zeros(12)
    for track, instrument in enumerate(form.instruments):
        own = sounds[:, :, track]
        strikes = own if instrument.is_drums else onsets[:, :, track]
        steps = own.any(axis=1)
        values += [float(steps.mean()), float(strikes.sum() / len(own))]
        if instrument.is_drums:
            on_beat = strikes[:: form.grid.steps_per_beat].sum()
            values.append(float(on_beat / max(strikes.sum(), 1)))
            onsets[:, :, track] = strikes
        else:
            _, pitches = np.nonzero(own)
            values.append(float(own.sum() / max(steps.sum(), 1)))
            values.append(float(pitches.mean() / 12) if len(pitches) else 0.0)
            _, struck = np.nonzero(strikes)
            classes += np.bincount((struck + form.lowest) % 12, minlength=12)
    shares = classes[classes > 0] / max(classes.sum(), 1)
    entropy = -float((shares * np.log2(shares)).sum())
    likeness = groove(onsets.any(axis=(1, 2)), form.grid.bars)
    return np.array([*values, in_scale(classes), entropy, likeness])
