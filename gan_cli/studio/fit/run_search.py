"""Searches for a run's latents as a request asks for them, and keeps what they give."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np

from gan_cli.listener import Listener
from gan_cli.models.contract import IMAGES
from gan_cli.models.layers.one_hot import TokenSoftmax
from gan_cli.sampling.saved_latents import SavedLatents, write_latents
from gan_cli.studio.edit_requests import FitRequest
from gan_cli.studio.fit.search import FIRST_LOOK, Fit, Misfit, fit_latents
from gan_cli.studio.studio import Studio

ACTIVITY = "fitting latents"


def search(
    studio: Studio,
    request: FitRequest,
    misfit: Misfit,
    listener: Listener,
    *,
    starts: int,
    network: keras.Model | None = None,
    draw: Callable[[int], np.ndarray] | None = None,
    activity: str = ACTIVITY,
) -> Fit:
    """Searches among the classes that a request names, with its number of steps.

    Args:
      misfit: what is minimised, from the network's outputs.
      starts: number of descents.
      network: what has the generator's inputs; None: the generator itself.
      draw: returns that many latents; None: those of the request's seed and the seeds behind it.
      activity: what the listener hears.
    """
    seed = request.seed
    pool = studio.latents(range(seed, seed + FIRST_LOOK)) if draw is None else draw(FIRST_LOOK)
    classes = studio.class_numbers(request.classes)
    with listener.during(activity) as on_progress:
        return fit_latents(
            studio.loaded.generator if network is None else network,
            misfit,
            pool=np.tile(pool, (len(classes or [0]), 1)),
            labels=None if classes is None else np.repeat(np.array(classes, np.int32), len(pool)),
            uniform=studio.loaded.config.model.latent_distribution == "uniform",
            starts=starts,
            steps=request.fit_steps,
            on_progress=on_progress,
        )


def search_phrases(
    studio: Studio,
    request: FitRequest,
    misfits: Iterable[tuple[keras.Model | None, Misfit]],
    listener: Listener,
    *,
    count: int,
    starts: int,
) -> list[Fit]:
    """Searches for each phrase of a piece, each from latents of its own.

    Args:
      misfits: for each phrase, the `network` and the `misfit` of `search`.
      count: number of phrases.
      starts: number of descents for each.
    """
    return [
        search(
            studio,
            request,
            misfit,
            listener,
            starts=starts,
            network=network,
            draw=partial(latents_for_phrase, studio, request.seed, number),
            activity=ACTIVITY if count == 1 else f"{ACTIVITY}, phrase {number + 1} of {count}",
        )
        for number, (network, misfit) in enumerate(misfits)
    ]


def latents_for_phrase(studio: Studio, seed: int, phrase: int, count: int) -> np.ndarray:
    """Draws so many latents for one phrase, by seeds of its own."""
    return studio.latents(range(seed + phrase * count, seed + (phrase + 1) * count))


def logits_of(generator: keras.Model) -> tuple[keras.Model, bool]:
    """Returns the network of a generator's logits, and whether there is one.

    The gradient of the cross-entropy of logits does not vanish, as that of saturated probabilities
    does. A generator whose tokens do not come from a `TokenSoftmax` is returned as it is.
    """
    chosen = next((each for each in generator.layers if each.name == IMAGES), None)
    if not isinstance(chosen, TokenSoftmax):
        return generator, False
    return keras.Model(generator.inputs, chosen.input), True


def saved_latents(fits: Sequence[Fit]) -> SavedLatents:
    """Returns the latents that were found, in the form that files of latents have."""
    labels = None if fits[0].label is None else np.array([fit.label for fit in fits], np.int32)
    return SavedLatents(np.stack([fit.latents for fit in fits]), labels, fits[0].space)


def write_latents_beside(
    studio: Studio, path: Path, saved: SavedLatents, seed: int, unmarked: bool
) -> None:
    """Writes the latents of `a.png` to `a.npz`.

    Args:
      seed: the first seed of the search.
      unmarked: whether the file says nothing about its origin.
    """
    mark = None if unmarked else studio.provenance({"kind": "latents", "seed": seed})
    write_latents(path.with_suffix(".npz"), saved, mark)


def given_sha256(given: Path) -> str:
    """Returns what a record says of the user's file."""
    return hashlib.sha256(given.read_bytes()).hexdigest()


def sample_of(studio: Studio, fit: Fit) -> np.ndarray:
    """Returns the sample of the latents that were found, of the domain's stored shape."""
    return studio.saved_images(saved_latents([fit]))[0]
