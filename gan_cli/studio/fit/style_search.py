"""The search for styles, w, of generators that have them: Karras et al. 2020, appendix D."""

import dataclasses

import keras
import numpy as np

from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.models.contract import has_styles
from gan_cli.sampling.style_mixing import from_styles, styles_of
from gan_cli.studio.edit_requests import EditRequest, Project
from gan_cli.studio.fit.run_search import ACTIVITY
from gan_cli.studio.fit.search import FIRST_LOOK, Fit, Misfit, fit_latents
from gan_cli.studio.studio import Studio

# Standard deviation of the noise on the first styles, in those of styles.
_NOISE = 0.05


def space_for(studio: Studio, request: Project) -> str:
    """Returns the space to search: the one asked for, else `w` where the generator has styles.

    Raises:
      UserError: `w` is asked for, and there are no styles.
    """
    styled = has_styles(studio.loaded.generator)
    if request.space == "w" and not styled:
        raise UserError(
            f"'w' is for generators with styles (stylegan2); {studio.run.path} has"
            f" '{studio.loaded.config.model.architecture}', which is searched in z",
            key="space",
        )
    return request.space or ("w" if styled else "z")


def search_styles(
    studio: Studio, request: EditRequest, misfit: Misfit, listener: Listener, *, starts: int
) -> Fit:
    """Searches for one style, the same in all layers.

    Styles are searched in units of their standard deviation from their mean, which makes the rate
    and the prior of latents fit. The starts are the best of many random styles and of the mean
    styles of the classes. Noise that fades away shakes the first steps.

    Args:
      misfit: what is minimised, from images.
      starts: number of descents.
    """
    generator, seed = studio.loaded.generator, request.seed
    classes = studio.class_numbers(request.classes)
    latents = studio.latents(range(seed, seed + FIRST_LOOK))
    of_classes = (
        [styles_of(generator, latents, None)]
        if classes is None
        else [styles_of(generator, latents, np.full(FIRST_LOOK, label)) for label in classes]
    )
    mean = np.mean(of_classes, axis=(0, 1))
    spread = float(np.std(of_classes, axis=(0, 1)).mean())
    tried = [np.concatenate([styles.mean(axis=0)[None], styles]) for styles in of_classes]
    styles = keras.Input(mean.shape, dtype="float32")
    own = keras.layers.Rescaling(spread, offset=mean, dtype="float32")(styles)
    with listener.during(ACTIVITY) as on_progress:
        fit = fit_latents(
            keras.Model(styles, from_styles(generator)(own)),
            misfit,
            pool=(np.concatenate(tried) - mean) / spread,
            labels=None if classes is None else np.repeat(classes, len(tried[0])),
            uniform=False,
            starts=starts,
            steps=request.fit_steps,
            noise=_NOISE,
            on_progress=on_progress,
        )
    return dataclasses.replace(fit, latents=fit.latents * spread + mean, space="w")
