"""Phrases drawn from a Markov chain over beats: what can be had without a network."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gan_cli.music.phrases import RollForm

_ORDER = 2
_START = -1


class MarkovChain:
    """Counts which beat, of all tracks together, follows which one or two beats.

    The probabilities are interpolated as Witten and Bell (1991) do: with c followers of a context
    counted, d of them different, the chain draws one of these with probability c / (c + d), and
    otherwise one that follows the shorter context. Without context it draws any beat.

    Args:
      training: uint8 [count, steps, pitches, tracks].
    """

    def __init__(self, training: np.ndarray, form: RollForm):
        step = form.grid.steps_per_beat
        self._beats = form.grid.steps // step
        self._shape = training.shape[1:]
        beats = np.packbits(training.reshape(len(training) * self._beats, -1) >= 128, axis=1)
        different, names = np.unique(beats, axis=0, return_inverse=True)
        size = step * int(np.prod(self._shape[1:]))
        self._columns = np.unpackbits(different, axis=1, count=size) * np.uint8(255)
        counts: dict[tuple[int, ...], Counter[int]] = {}
        for phrase in names.reshape(len(training), self._beats).tolist():
            padded = [_START] * _ORDER + phrase
            for place, beat in enumerate(phrase):
                for length in range(_ORDER + 1):
                    context = tuple(padded[place + _ORDER - length : place + _ORDER])
                    counts.setdefault(context, Counter())[beat] += 1
        self._followers = {
            context: (np.array([*found]), np.cumsum([*found.values()]))
            for context, found in counts.items()
        }

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draws phrases: uint8 [count, steps, pitches, tracks]."""
        drawn = np.empty((count, self._beats), np.int64)
        for phrase in drawn:
            context = (_START,) * _ORDER
            for place in range(self._beats):
                phrase[place] = self._next(context, rng)
                context = (*context[1:], int(phrase[place]))
        return self._columns[drawn].reshape(count, *self._shape)

    def _next(self, context: tuple[int, ...], rng: np.random.Generator) -> int:
        while True:
            if context in self._followers:
                beats, sums = self._followers[context]
                total = int(sums[-1])
                if not context or rng.random() * (total + len(beats)) < total:
                    return int(beats[np.searchsorted(sums, rng.integers(total), side="right")])
            context = context[1:]
