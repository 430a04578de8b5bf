"""What projection, inpainting and super-resolution share: the search for the nearest image."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_cli.cli.sampling.mode import MARKED, Options, Work
from gan_cli.cli.sampling.saved import saved_latents
from gan_cli.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.studio.fit.search import Fit

flags.DEFINE_integer(
    "fit_steps",
    500,
    "Steps of gradient descent on the latents: for --project, --inpaint and --super_resolve.",
    lower_bound=1,
    upper_bound=100_000,
)

TAKES = ("checkpoint", "seed", "classes", "fit_steps", *MARKED)
_STARTS = 16
# The features' part of the misfit beside the pixels'.
_FEATURES = 0.1


@dataclass(frozen=True)
class Found:
    """The generator's image that comes nearest, uint8 [height, width, channels]."""

    image: "np.ndarray"
    fit: "Fit"
    feature_distance: float | None


def given_image(studio: "Studio", flag: str, file: str) -> "np.ndarray":
    """A user's image as this generator makes them: uint8 [height, width, channels].

    Raises:
      UserError: it cannot be read.
    """
    from gan_cli.data.prepare import prepare_image

    height, width, channels = studio.loaded.generator.outputs[0].shape[1:]
    data = studio.loaded.config.data
    return readable(
        flag,
        file,
        lambda image: prepare_image(image, height, width, channels, data.fit, data.background),
    )


def readable(flag: str, file: str, prepare: Callable) -> "np.ndarray":
    """What `prepare` makes of an image file.

    Raises:
      UserError: it cannot be read.
    """
    from gan_cli.data.collection import CorruptImageError
    from gan_cli.data.decode import decode_image

    path = Path(file)
    if not path.is_file():
        raise UserError(f"--{flag}: {path} is no file")
    try:
        return prepare(decode_image(path))
    except (CorruptImageError, OSError) as error:
        raise UserError(f"--{flag}: {path} cannot be read as an image: {error}") from error


def find(
    studio: "Studio",
    options: Options,
    misfit: Callable,
    features_of: "np.ndarray | None" = None,
) -> Found:
    """Searches the latents.

    Args:
      misfit: of pixels, from images in [-1, 1] to float32 [n].
      features_of: a whole image whose features in the run's discriminator are to be met as well.
    """
    import tensorflow as tf

    from gan_cli.cli.progress import images_progress
    from gan_cli.domains.images import to_model_range
    from gan_cli.studio.fit.search import fit_latents

    feature_misfit = None
    if features_of is not None:
        feature_misfit = _feature_misfit(studio, features_of)
    total: Callable = misfit
    if feature_misfit is not None:
        meets = feature_misfit

        def total(images: Any) -> Any:
            return misfit(images) + _FEATURES * meets(images)

    model = studio.loaded.config.model
    seeds = range(options.seed, options.seed + 10**6)
    with images_progress("fitting latents") as on_progress:
        fit = fit_latents(
            studio.loaded.generator,
            total,
            draw=lambda count: studio.latents(seeds[:count]),
            uniform=model.latent_distribution == "uniform",
            classes=studio.class_numbers(options.classes),
            starts=_STARTS,
            steps=options.fit_steps,
            on_progress=on_progress,
        )
    image = image_of(studio, fit.latents, fit.label)
    distance = None
    if feature_misfit is not None:
        distance = float(feature_misfit(to_model_range(tf.constant(image[None])))[0])
    return Found(image, fit, distance)


def image_of(studio: "Studio", latents: "np.ndarray", label: int | None) -> "np.ndarray":
    """uint8 [height, width, channels], as gan-sample makes every image."""
    import numpy as np

    labels = None if label is None else np.array([label], np.int32)
    return studio.sampler.images(latents[None], labels)[0]


def deliver_found(
    studio: "Studio",
    options: Options,
    kind: str,
    source: str,
    found: Found,
    result: "np.ndarray",
    strip: list[tuple[str, "np.ndarray"]],
) -> None:
    """Writes the result, a strip with names beside it, and the latents; prints nothing.

    The record of the result holds the latents as well.

    Raises:
      UserError: they cannot be written.
    """
    import numpy as np

    from gan_cli.domains.grid import to_pillow
    from gan_cli.media.encode import encoded, write_marked
    from gan_cli.media.provenance import COMPOSITE
    from gan_cli.media.sheets import named_sheet
    from gan_cli.sampling.saved_latents import SavedLatents, write_latents

    out = Path(options.out)
    ending = out.suffix.lower()
    label = found.fit.label
    saved = SavedLatents(
        found.fit.latents[None], None if label is None else np.array([label], np.int32)
    )
    recipe = {
        "kind": kind,
        "format": ending,
        "seed": options.seed,
        "given_sha256": hashlib.sha256(Path(source).read_bytes()).hexdigest(),
        **saved.to_recipe(),
    }
    source_type = None if kind == "projection" else COMPOSITE
    mark = studio.mark(studio.provenance(recipe, source_type), out, options.no_provenance)
    write_marked(out, encoded(to_pillow(result), ending, mark, studio.signer), mark)
    sheet = named_sheet(np.stack([image for _, image in strip])[None], (), [n for n, _ in strip])
    strip_path = out.with_name(f"{out.stem}-strip.png")
    strip_recipe = recipe | {"kind": f"{kind} strip", "format": ".png"}
    strip_mark = studio.mark(
        studio.provenance(strip_recipe, COMPOSITE), strip_path, options.no_provenance
    )
    write_marked(strip_path, encoded(sheet, ".png", strip_mark, studio.signer), strip_mark)
    latents_mark = None
    if mark is not None:
        latents_mark = studio.provenance({"kind": "latents", "seed": options.seed})
    write_latents(out.with_suffix(".npz"), saved, latents_mark)


def compose_found(studio: "Studio", options: Options, animated: bool) -> Work:
    """Draws the image of the latents that a record holds.

    Raises:
      UserError: it holds none, or several.
    """
    from gan_cli.domains.grid import to_pillow

    saved = saved_latents(studio, options)
    if saved is None or len(saved.latents) != 1:
        raise UserError("it does not name the latents of one image")
    return Work([to_pillow(studio.sampler.images(saved.latents, saved.labels)[0])], (), saved=saved)


def describe(studio: "Studio", found: Found) -> str:
    """The class that was found, and how the features compare."""
    parts = []
    if found.fit.label is not None:
        parts.append(f"class {studio.loaded.class_names[found.fit.label]}")
    if found.feature_distance is not None:
        parts.append(f"feature distance {found.feature_distance:.4g}")
    return "".join(f", {part}" for part in parts)


def pixel_misfit(target: "np.ndarray", weights: "np.ndarray | None" = None) -> Callable:
    """Mean squared difference from a uint8 image, over the pixels of weight 1.

    Args:
      weights: float32 [height, width, 1]; by default 1 everywhere.
    """
    import numpy as np
    import tensorflow as tf

    from gan_cli.domains.images import to_model_range

    wanted = to_model_range(tf.constant(target))
    weight = tf.constant(
        np.ones([*target.shape[:2], 1], np.float32) if weights is None else weights
    )
    total = tf.reduce_sum(weight) * target.shape[-1]
    return lambda images: tf.reduce_sum(weight * tf.square(images - wanted), axis=[1, 2, 3]) / total


def _feature_misfit(studio: "Studio", image: "np.ndarray") -> Callable | None:
    """Squared distance in the discriminator's last features over their size, where it has them."""
    import keras
    import tensorflow as tf

    from gan_cli.assembly.loading import load_discriminator
    from gan_cli.domains.images import to_model_range

    discriminator = load_discriminator(studio.run, studio.loaded)
    # A packed one sees several images at once.
    if discriminator.inputs[0].shape[1:] != image.shape:
        return None
    try:
        features = keras.Model(discriminator.inputs[0], discriminator.get_layer("features").output)
    except ValueError:
        # The label comes in before the features.
        return None
    wanted = features(to_model_range(tf.constant(image[None])), training=False)
    size = tf.reduce_sum(tf.square(wanted))

    def misfit(images: Any) -> Any:
        off = tf.square(features(images, training=False) - wanted)
        return tf.reduce_sum(off, axis=list(range(1, len(off.shape)))) / size

    return misfit
