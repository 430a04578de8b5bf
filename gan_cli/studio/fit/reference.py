"""How near a generator comes to images of its own kind that it was not trained on."""

import dataclasses

import numpy as np

from gan_cli.errors import UserError
from gan_cli.listener import Quiet
from gan_cli.run.data_place import splits_of
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit.find import find, pixel_misfit
from gan_cli.studio.fit.search import psnr_db
from gan_cli.studio.fit.style_search import space_for
from gan_cli.studio.studio import Studio

# Held-out images that are searched for, each with a part of the steps: all of them together take
# about as long as the search that they are compared with.
_IMAGES = 3
# Decibels below the reference down to which a projection is good, and down to which it is fair.
_GOOD, _FAIR = 1.0, 4.0


def held_out_of(studio: Studio, seed: int) -> np.ndarray | None:
    """Returns a few held-out samples of a run: [count, *stored_shape].

    None where the run's data are not there, have changed, or hold nothing that was kept back.
    """
    try:
        data = splits_of(studio.run, studio.loaded.config)
    except (UserError, OSError):
        return None
    held_out = data.holdout.images
    known = studio.run.read_environment()["dataset"]["fingerprint"]
    if data.fingerprint != known or not len(held_out):
        return None
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(held_out), min(_IMAGES, len(held_out)), replace=False))
    return np.asarray(held_out[chosen])


def reachable_db(studio: Studio, request: Project) -> float | None:
    """Returns the median PSNR, in dB, of searches for held-out images of the run, or None."""
    held_out = held_out_of(studio, request.seed)
    if held_out is None:
        return None
    space = space_for(studio, request)
    shorter = dataclasses.replace(request, fit_steps=max(request.fit_steps // _IMAGES, 1))
    reached = []
    for target in held_out:
        misfit = pixel_misfit(studio, target)
        found = find(studio, shorter, misfit, Quiet(), features_of=target, space=space)
        reached.append(psnr_db(found.image, target))
    return float(np.median(reached))


def verdict(reached_db: float, reference_db: float | None) -> str:
    """Returns how good a projection is, in words.

    Args:
      reached_db: PSNR of the projection.
      reference_db: `reachable_db`.
    """
    if np.isinf(reached_db):
        return "identical"
    said = f"PSNR {reached_db:.1f} dB"
    if reference_db is None:
        return f"{said} (without the run's data, nothing says how near its images come)"
    word = word_for(reached_db, reference_db, _GOOD, _FAIR)
    return f"{word}: {said}; held-out images of this run reach {reference_db:.1f}"


def word_for(reached: float, reference: float, good: float, fair: float) -> str:
    """Returns `good`, `fair` or `poor`.

    Args:
      good, fair: how far below the reference the one ends, and the other.
    """
    if reached >= reference - good:
        return "good"
    return "fair" if reached >= reference - fair else "poor"
