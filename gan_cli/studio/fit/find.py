"""What projection, inpainting and super-resolution share: the search for the nearest image."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from gan_cli.assembly.loading import load_discriminator
from gan_cli.config.resolved import ResolvedData
from gan_cli.data.collection import CorruptImageError
from gan_cli.data.decode import decode_image
from gan_cli.data.prepare import prepare_image
from gan_cli.data.value_range import scaled
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.models.contract import FEATURES, output_of
from gan_cli.studio.edit_requests import EditRequest
from gan_cli.studio.fit.run_search import sample_of, search
from gan_cli.studio.fit.search import Fit, Misfit
from gan_cli.studio.fit.style_search import search_styles
from gan_cli.studio.studio import Studio

_STARTS = 16
# Weight of the features' misfit beside the pixels'.
_FEATURES = 0.1


@dataclass(frozen=True)
class Found:
    """The nearest image that the generator makes.

    Attributes:
      image: uint8 [height, width, channels].
      fit: the latents and how the search went.
      feature_distance: misfit of the discriminator's features, where they were compared.
    """

    image: np.ndarray
    fit: Fit
    feature_distance: float | None


def given_image(studio: Studio, path: Path) -> np.ndarray:
    """Reads a user's image at the size of this generator's: uint8 [height, width, channels].

    Raises:
      UserError: the file cannot be read.
    """
    height, width, channels = studio.loaded.domain.stored_shape
    data = studio.loaded.config.data
    return read_image(
        path,
        "image",
        lambda image: prepare_image(
            scaled_for(data, image), height, width, channels, data.fit, data.background
        ),
        data.colour_profiles == "convert",
    )


def scaled_for(data: ResolvedData, image: Image.Image) -> Image.Image:
    """Returns an image of more than 8 bits scaled as those of a run were, others as they are."""
    return image if isinstance(data.value_range, str) else scaled(image, data.value_range)


def read_image(
    path: Path,
    key: str,
    prepare: Callable[[Image.Image], np.ndarray],
    colours_to_srgb: bool = False,
) -> np.ndarray:
    """Returns what `prepare` makes of an image file.

    Args:
      key: the request's field that names the file.
      colours_to_srgb: whether colours are converted as the file's ICC profile says.

    Raises:
      UserError: the file cannot be read.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file", key=key)
    try:
        return prepare(decode_image(path, colours_to_srgb))
    except (CorruptImageError, OSError) as error:
        raise UserError(f"{path} cannot be read as an image: {error}", key=key) from error


def find(
    studio: Studio,
    request: EditRequest,
    misfit: Misfit,
    listener: Listener,
    features_of: np.ndarray | None = None,
    space: str = "z",
) -> Found:
    """Searches the latents for the image of the smallest misfit.

    Args:
      misfit: of pixels, from images in [-1, 1] to float32 [n].
      features_of: a whole image, uint8, whose features in the run's discriminator count as well.
      space: `z` or `w`.
    """
    feature_misfit = None if features_of is None else _feature_misfit(studio, features_of)
    total = misfit
    if feature_misfit is not None:
        of_features = feature_misfit

        def total(images: tf.Tensor) -> tf.Tensor:
            return misfit(images) + _FEATURES * of_features(images)

    searched = search_styles if space == "w" else search
    fit = searched(studio, request, total, listener, starts=_STARTS)
    image = sample_of(studio, fit)
    distance = None
    if feature_misfit is not None:
        seen = studio.loaded.domain.to_model(tf.constant(image[None]))
        distance = float(feature_misfit(seen)[0])
    return Found(image, fit, distance)


def pixel_misfit(studio: Studio, target: np.ndarray, weights: np.ndarray | None = None) -> Misfit:
    """Returns the mean squared difference from an image, as a function of images.

    Args:
      target: uint8 [height, width, channels].
      weights: of pixels, float32 [height, width, 1]; None: 1 everywhere.
    """
    wanted = studio.loaded.domain.to_model(tf.constant(target))
    weight = tf.constant(
        np.ones([*target.shape[:2], 1], np.float32) if weights is None else weights
    )
    total = tf.reduce_sum(weight) * target.shape[-1]
    return lambda images: tf.reduce_sum(weight * tf.square(images - wanted), axis=[1, 2, 3]) / total


def _feature_misfit(studio: Studio, image: np.ndarray) -> Misfit | None:
    """Returns the squared distance of the discriminator's last features, over their size.

    None where the discriminator has no features of one image that are free of its class.
    """
    discriminator = load_discriminator(studio.run, studio.loaded)
    # A packed discriminator sees several images at once.
    if discriminator.inputs[0].shape[1:] != image.shape:
        return None
    try:
        features = keras.Model(discriminator.inputs[0], output_of(discriminator, FEATURES))
    except ValueError:
        # The label enters before the features.
        return None
    wanted = features(studio.loaded.domain.to_model(tf.constant(image[None])), training=False)
    size = tf.reduce_sum(tf.square(wanted))

    def misfit(images: tf.Tensor) -> tf.Tensor:
        off = tf.square(features(images, training=False) - wanted)
        return tf.reduce_sum(off, axis=list(range(1, len(off.shape)))) / size

    return misfit
