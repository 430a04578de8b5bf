"""How much of a phrase stands in the training phrases, in the same key or another one."""

from __future__ import annotations

import numpy as np

from gan_cli.music.phrases import RollForm

# Number of pitches from the lowest to the highest; cells of pitched tracks, cells of drums; index
# of the lowest pitch, in a run relative to that of its first beat with one.
_Beat = tuple[int, bytes, bytes, int | None]
_Run = tuple[tuple, ...]


class CopyFinder:
    """Finds runs of beats that training phrases hold too.

    All tracks must agree, in every step. Transposition does not matter, drums apart; where in a bar
    a run starts does not matter either. A run in which no pitched track sounds is no copy.

    Args:
      training: uint8 [count, steps, pitches, tracks].
    """

    def __init__(self, training: np.ndarray, form: RollForm):
        self._form = form
        self._training = [_beats_of(phrase >= 128, form) for phrase in training]
        self._known: dict[int, set[_Run]] = {}

    def longest(self, rolls: np.ndarray) -> np.ndarray:
        """Returns the beats of each phrase's longest run that is a copy: int64 [count].

        Args:
          rolls: uint8 [count, steps, pitches, tracks].
        """
        longest = np.zeros(len(rolls), np.int64)
        beats = [_beats_of(roll >= 128, self._form) for roll in rolls]
        alive = list(range(len(rolls)))
        grid = self._form.grid
        for length in range(1, grid.steps // grid.steps_per_beat + 1):
            known = self._runs_of(length)
            # A run that is a copy holds shorter ones that are.
            alive = [index for index in alive if not known.isdisjoint(_runs(beats[index], length))]
            if not alive:
                break
            longest[alive] = length
        return longest

    def _runs_of(self, length: int) -> set[_Run]:
        if length not in self._known:
            self._known[length] = {key for beats in self._training for key in _runs(beats, length)}
        return self._known[length]


def _beats_of(sounds: np.ndarray, form: RollForm) -> list[_Beat]:
    """Returns each beat as its shape, the same in all keys, and the height of that shape."""
    drums = np.array([instrument.is_drums for instrument in form.instruments])
    beats: list[_Beat] = []
    for beat in np.split(sounds, len(sounds) // form.grid.steps_per_beat):
        pitched = beat[..., ~drums]
        used = np.flatnonzero(pitched.any(axis=(0, 2)))
        height = int(used[0]) if len(used) else None
        shape = pitched[:, used[0] : used[-1] + 1] if len(used) else pitched[:, :0]
        # Drums are not moved: the height of a stroke is the name of its drum.
        content = [np.packbits(part).tobytes() for part in (shape, beat[..., drums])]
        beats.append((shape.shape[1], *content, height))
    return beats


def _runs(beats: list[_Beat], length: int) -> set[_Run]:
    """Returns a key for each run of `length` beats, the same one for all its transpositions."""
    keys = set()
    for start in range(len(beats) - length + 1):
        run = beats[start : start + length]
        heights = [height for *_, height in run if height is not None]
        if heights:
            keys.add(
                tuple(
                    (*shape, None if height is None else height - heights[0])
                    for *shape, height in run
                )
            )
    return keys
