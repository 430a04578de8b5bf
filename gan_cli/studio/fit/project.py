"""The generator's image that comes nearest to a given one, and its latents."""

from gan_cli.domains.domain import SOUND
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit.find import find, given_image, pixel_misfit
from gan_cli.studio.fit.fit_drawing import FitDrawing, fit_drawing
from gan_cli.studio.fit.project_music import MusicFitDrawing, project_music
from gan_cli.studio.fit.reference import reachable_db, verdict
from gan_cli.studio.fit.search import psnr_db
from gan_cli.studio.fit.style_search import space_for
from gan_cli.studio.studio import Studio


def project(studio: Studio, request: Project, listener: Listener) -> FitDrawing | MusicFitDrawing:
    """Searches for the nearest image, by pixels and by the discriminator's features.

    In runs of music: for the nearest phrases; see `project_music`.

    Raises:
      UserError: the file cannot be read, or there is no such class or space.
    """
    space = space_for(studio, request)
    if SOUND in studio.loaded.domain.supports:
        return project_music(studio, request, listener)
    if request.into is not None:
        raise UserError("is for music; for images, draw a sheet of classes", key="into")
    target = given_image(studio, request.image)
    misfit = pixel_misfit(studio, target)
    found = find(studio, request, misfit, listener, features_of=target, space=space)
    strip = [("given", target), ("found", found.image)]
    quality = verdict(psnr_db(found.image, target), reachable_db(studio, request))
    if space == "w":
        quality += ", in w"
    return fit_drawing(studio, request, found, found.image, strip, quality)
