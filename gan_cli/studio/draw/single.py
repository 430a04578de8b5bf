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
from gan_cli.sampling.directions import Directions
from gan_cli.sampling.latent_paths import arc
from gan_cli.sampling.saved_latents import SavedLatents
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
    domain, samples = studio.loaded.domain, studio.saved_images(saved)
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


def latents_at(studio: Studio, places: Sequence[Place]) -> SavedLatents:
    """Returns the latents of places, from which a walk may lead.

    Raises:
      UserError: a place has a shift, or a step, for which there is no latent or direction; or it
        lies beside the latents: steps along directions, and truncation, move styles.
    """
    found = []
    for number, place in enumerate(places, start=1):
        space, directions = studio.directions("sefa", place.label, MOST_DIRECTIONS)
        latents = _latents_of(studio, place)
        if not space.has_styles:
            latents = _stepped(latents, place, directions)
        elif any(place.steps) or place.truncation is not None:
            raise UserError(
                f"kept image {number} has steps along directions, or truncation, which move styles;"
                " a walk leads through latents: set them to none"
            )
        found.append(latents)
    labels = None
    if studio.loaded.num_classes:
        labels = np.array([place.label or 0 for place in places], np.int32)
    return SavedLatents(np.stack(found).astype(np.float32), labels)


def _image_at(studio: Studio, place: Place) -> np.ndarray:
    """[*stored_shape]; of a seed alone the very sample that the seed has."""
    if place.is_seed:
        return studio.image(place.seed, place.label, place.truncation)
    latents = _latents_of(studio, place)
    space, found = studio.directions("sefa", place.label, MOST_DIRECTIONS)
    position = space.positions(latents[None].astype(np.float32))[0]
    if space.has_styles and place.truncation is not None:
        position = towards_mean(space.generator, position, place.truncation)
    return studio.images_at(space, _stepped(position, place, found)[None])[0]


def _latents_of(studio: Studio, place: Place) -> np.ndarray:
    """Returns the latents of a place before its steps along directions."""
    latent_dim = studio.loaded.config.model.latent_dim
    if len(place.shifts) not in (0, latent_dim):
        raise UserError(f"must be {latent_dim}, one for each latent", key="shifts")
    ends = studio.latents([place.seed, place.other], place.truncation)
    if studio.loaded.config.model.latent_distribution == "normal":
        latents = arc(ends[0].astype(np.float64), ends[1].astype(np.float64), place.mix)
    else:
        latents = (1 - place.mix) * ends[0] + place.mix * ends[1]
    return latents + np.array(place.shifts) if place.shifts else latents


def _stepped(position: np.ndarray, place: Place, found: Directions) -> np.ndarray:
    """Returns a position moved by the steps of a place."""
    count = len(place.steps)
    if count > len(found.scales):
        raise UserError(f"must be at most {len(found.scales)}, one a direction", key="steps")
    return position + (np.array(place.steps) * found.scales[:count]) @ found.vectors[:count]
