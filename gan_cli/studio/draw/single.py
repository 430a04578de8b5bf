"""One image at its own size: of a seed, of saved latents, or of a place in the latent space."""

from collections.abc import Sequence

import numpy as np

from gan_cli.domains.domain import SOUND
from gan_cli.domains.grid import to_pillow
from gan_cli.domains.text_sheet import text_table
from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError
from gan_cli.media.text_lines import Line
from gan_cli.models.truncation import towards_mean
from gan_cli.sampling.latent_paths import arc
from gan_cli.studio.draw.music import piece_of
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.image_requests import FoundImage, SingleImage
from gan_cli.studio.picture_requests import Request
from gan_cli.studio.place import MOST_DIRECTIONS, Place
from gan_cli.studio.studio import Studio


def draw_single(studio: Studio, request: SingleImage) -> Drawing:
    """Draws the image of a seed.

    Raises:
      UserError: there is no such class.
    """
    num_classes = studio.loaded.num_classes
    if (request.label is None) != (num_classes == 0) or (request.label or 0) >= max(num_classes, 1):
        known = f"from 0 to {num_classes - 1}" if num_classes else "left out: this run has none"
        raise UserError(f"the class of one image must be {known}", key="label")
    sample = studio.image(request.seed, request.label, request.truncation)
    return _drawing_of(studio, request, sample, seeds=(request.seed,))


def draw_found(studio: Studio, request: FoundImage) -> Drawing:
    """Draws the image of saved latents.

    Raises:
      UserError: the latents belong to another generator, or to several images.
    """
    saved = studio.saved_latents(request.latents)
    if saved is None or len(saved.latents) != 1:
        raise UserError("it does not name the latents of one image")
    domain, samples = studio.loaded.domain, studio.sampler.images(saved.latents, saved.labels)
    if isinstance(domain, Strings):
        (text,) = domain.decoded(samples)
        return Drawing(
            studio,
            request,
            lambda: text_table([[text]]),
            draw_lines=lambda: [Line(text)],
            saved=saved,
        )
    picture = to_pillow(samples[0])
    return Drawing(studio, request, lambda: picture, saved=saved)


def draw_place(studio: Studio, request: Place) -> Drawing:
    """Draws the image of a place.

    Raises:
      UserError: it has a shift, or a step, for which there is no latent or direction.
    """
    return _drawing_of(studio, request, _image_at(studio, request))


def _drawing_of(
    studio: Studio, request: Request, sample: np.ndarray, seeds: Sequence[int] = ()
) -> Drawing:
    """Returns one sample as a drawing; [*stored_shape]. A phrase is drawn, and heard."""
    domain = studio.loaded.domain
    if SOUND not in domain.supports:
        picture = to_pillow(sample)
        return Drawing(studio, request, lambda: picture, seeds=seeds)
    phrases = sample[None]
    return Drawing(
        studio,
        request,
        lambda: domain.picture(phrases, 1, None),
        draw_piece=lambda: piece_of(domain, phrases),
        seeds=seeds,
    )


def _image_at(studio: Studio, place: Place) -> np.ndarray:
    """[*stored_shape]; of a seed alone the very sample that the seed has."""
    if place.is_seed:
        return studio.image(place.seed, place.label, place.truncation)
    latent_dim = studio.loaded.config.model.latent_dim
    if len(place.shifts) not in (0, latent_dim):
        raise UserError(f"must be {latent_dim}, one for each latent", key="shifts")
    space, found = studio.directions("sefa", place.label, MOST_DIRECTIONS)
    if len(place.steps) > len(found.scales):
        raise UserError(f"must be at most {len(found.scales)}, one a direction", key="steps")
    ends = studio.latents([place.seed, place.other], place.truncation)
    if studio.loaded.config.model.latent_distribution == "normal":
        latents = arc(ends[0].astype(np.float64), ends[1].astype(np.float64), place.mix)
    else:
        latents = (1 - place.mix) * ends[0] + place.mix * ends[1]
    if place.shifts:
        latents = latents + np.array(place.shifts)
    position = space.positions(latents[None].astype(np.float32))[0]
    if space.has_styles and place.truncation is not None:
        position = towards_mean(space.generator, position, place.truncation)
    count = len(place.steps)
    position = position + (np.array(place.steps) * found.scales[:count]) @ found.vectors[:count]
    return studio.images_at(space, position[None])[0]
