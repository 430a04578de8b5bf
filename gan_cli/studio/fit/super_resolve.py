"""A small image at the generator's resolution, with details that the generator invents."""

import numpy as np
import tensorflow as tf
from PIL import Image

from gan_cli.data.prepare import natural_size, prepare_image
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.studio.edit_requests import SuperResolve
from gan_cli.studio.fit.find import find, pixel_misfit, read_image, scaled_for
from gan_cli.studio.fit.fit_drawing import FitDrawing, fit_drawing
from gan_cli.studio.fit.search import psnr_db
from gan_cli.studio.fit.shrink import shrinking_matrix
from gan_cli.studio.studio import Studio

_SMALLEST_SIDE = 2


def super_resolve(studio: Studio, request: SuperResolve, listener: Listener) -> FitDrawing:
    """Searches for the image that shrinks to the given one.

    Raises:
      UserError: the image cannot be read or is not smaller, or there is no such class.
    """
    height, width, channels = studio.loaded.domain.stored_shape
    background = studio.loaded.config.data.background

    def at_its_own_size(image: Image.Image) -> np.ndarray:
        small = natural_size(image)
        if min(small) < _SMALLEST_SIDE or small[0] >= height or small[1] >= width:
            raise UserError(
                f"{request.image} has {small[0]}x{small[1]} pixels; it must be smaller than the"
                f" generator's images of {height}x{width}",
                key="image",
            )
        return prepare_image(
            scaled_for(studio.loaded.config.data, image), *small, channels, "stretch", background
        )

    target = read_image(
        request.image,
        "image",
        at_its_own_size,
        studio.loaded.config.data.colour_profiles == "convert",
    )
    rows = shrinking_matrix(height, target.shape[0])
    columns = shrinking_matrix(width, target.shape[1])

    def shrunk(images: tf.Tensor) -> tf.Tensor:
        return tf.einsum("ah,nhwc,bw->nabc", rows, images, columns)

    misfit = pixel_misfit(studio, target)
    found = find(studio, request, lambda images: misfit(shrunk(images)), listener)
    again = shrunk(tf.constant(found.image[None], tf.float32))[0].numpy()
    again = np.clip(np.round(again), 0, 255).astype(np.uint8)
    # Each pixel of the given image becomes a block, to be seen beside the result.
    nearest = [
        np.arange(side) * small // side
        for side, small in zip((height, width), target.shape[:2], strict=True)
    ]
    blocks = target[nearest[0]][:, nearest[1]]
    strip = [("given", blocks), ("found", found.image)]
    quality = f"shrunk again PSNR {psnr_db(again, target):.1f} dB"
    return fit_drawing(studio, request, found, found.image, strip, quality, composite=True)
