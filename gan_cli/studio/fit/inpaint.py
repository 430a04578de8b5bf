"""A masked part of an image, filled by the generator."""

import numpy as np

from gan_cli.data.prepare import prepare_image
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.studio.edit_requests import Inpaint
from gan_cli.studio.fit.find import find, given_image, pixel_misfit, read_image
from gan_cli.studio.fit.fit_drawing import FitDrawing, fit_drawing
from gan_cli.studio.fit.search import psnr_db
from gan_cli.studio.studio import Studio

_WHITE = 128


def inpaint(studio: Studio, request: Inpaint, listener: Listener) -> FitDrawing:
    """Searches for the image that fits outside the mask, and fills the mask with it.

    Raises:
      UserError: a file cannot be read, the mask is all white or all black, or there is no such
        class.
    """
    target = given_image(studio, request.image)
    height, width = target.shape[:2]
    fit = studio.loaded.config.data.fit
    mask = read_image(
        request.mask, "mask", lambda m: prepare_image(m, height, width, 1, fit, "#000000")
    )
    missing = mask >= _WHITE
    if missing.all() or not missing.any():
        kind = "white everywhere" if missing.all() else "black everywhere"
        raise UserError(f"{request.mask} is {kind}; white marks what is to be filled", key="mask")
    known = 1.0 - missing.astype(np.float32)
    found = find(studio, request, pixel_misfit(studio, target, known), listener)
    result = np.where(missing, found.image, target)
    holes = np.where(missing, np.uint8(128), target)
    strip = [("given", holes), ("found", found.image), ("filled", result)]
    seen = np.broadcast_to(~missing, target.shape)
    quality = f"known part PSNR {psnr_db(found.image[seen], target[seen]):.1f} dB"
    return fit_drawing(studio, request, found, result, strip, quality, composite=True)
