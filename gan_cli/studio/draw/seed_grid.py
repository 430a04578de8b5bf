"""Samples of seeds in one picture."""

from dataclasses import replace

from gan_cli.domains.domain import PICTURES, SOUND
from gan_cli.domains.grid import image_grid
from gan_cli.media.formats import refuse_too_many
from gan_cli.studio.draw.music import piece_of
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.picture_requests import Grid
from gan_cli.studio.studio import Studio


def draw_grid(studio: Studio, request: Grid) -> Drawing:
    """Draws samples the way their domain lays them out.

    Raises:
      UserError: one picture has no room for them, or there is no such class.
    """
    domain = studio.loaded.domain
    numbers = studio.class_numbers(request.classes)
    seeds, columns = request.layout(domain.default_samples, len(numbers or ()))
    refuse_too_many(domain.picture_spaces(len(seeds), columns))
    labels = studio.labels(request.classes, len(seeds))
    samples = studio.labelled_images(seeds, labels, request.truncation)
    if PICTURES in domain.supports:
        picture = image_grid(samples, columns, request.tiles(len(seeds)))
    elif request.scale is not None:
        domain.require(PICTURES, str(studio.run.path), "scale")
    else:
        picture = domain.picture(samples, columns, None)
    drawing = Drawing(studio, request, lambda: picture, seeds=seeds)
    if SOUND in domain.supports:
        return replace(drawing, draw_piece=lambda: piece_of(domain, samples))
    return drawing
