"""How much two piano rolls sound alike, and how much of a melody another roll keeps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gan_cli.music.piece import Instrument

_SILENT = -1


def overlap(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns the share of what sounds that both have: twice the common cells over all cells.

    The coefficient of Dice (1945), or F1; 1 where both are silent.

    Args:
      ours, theirs: bool [..., tracks], which cells sound.
    """
    total = int(ours.sum()) + int(theirs.sum())
    return 2 * int((ours & theirs).sum()) / total if total else 1.0


def melody(sounds: np.ndarray, instruments: Sequence[Instrument]) -> np.ndarray:
    """Returns the highest pitch of each step, counted from the roll's lowest; -1: all is silent.

    This line is what listeners take for the melody of several voices (Uitdenbogerd and Zobel 1998,
    the skyline). Drums do not count.

    Args:
      sounds: bool [steps, pitches, tracks].
    """
    pitched = np.array([not instrument.is_drums for instrument in instruments])
    any_track: np.ndarray = sounds[..., pitched].max(axis=2, initial=False)
    highest = any_track.shape[1] - 1 - any_track[:, ::-1].argmax(axis=1)
    return np.where(any_track.any(axis=1), highest, _SILENT)


def kept_melody(
    given: np.ndarray, other: np.ndarray, instruments: Sequence[Instrument]
) -> float | None:
    """Returns the share of the given melody's steps in which the other roll's has the same pitch.

    Args:
      given, other: bool [steps, pitches, tracks].

    Returns:
      None where the given roll has no melody.
    """
    wanted, found = melody(given, instruments), melody(other, instruments)
    sounding = wanted != _SILENT
    return float((wanted == found)[sounding].mean()) if sounding.any() else None
