"""Searches for latents of a run's generator as a request asks for them."""

from collections.abc import Callable

import keras
import numpy as np

from gan_cli.listener import Listener
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.edit_requests import FitRequest
from gan_cli.studio.fit.search import Fit, Misfit, fit_latents
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
    with listener.during(activity) as on_progress:
        return fit_latents(
            studio.loaded.generator if network is None else network,
            misfit,
            draw=draw or (lambda count: studio.latents(range(seed, seed + count))),
            uniform=studio.loaded.config.model.latent_distribution == "uniform",
            classes=studio.class_numbers(request.classes),
            starts=starts,
            steps=request.fit_steps,
            on_progress=on_progress,
        )


def saved_latents(fit: Fit) -> SavedLatents:
    """Returns the latents that were found, in the form that files of latents have."""
    labels = None if fit.label is None else np.array([fit.label], np.int32)
    return SavedLatents(fit.latents[None], labels)


def sample_of(studio: Studio, fit: Fit) -> np.ndarray:
    """Returns the sample of the latents that were found, of the domain's stored shape."""
    found = saved_latents(fit)
    return studio.sampler.images(found.latents, found.labels)[0]
