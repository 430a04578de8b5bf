"""--super_resolve: a small image at the generator's resolution, as the generator would have it."""

from absl import flags

from gan_cli.cli.sampling.deliver import check_still
from gan_cli.cli.sampling.edit import (
    TAKES,
    compose_found,
    deliver_found,
    describe,
    find,
    pixel_misfit,
    readable,
)
from gan_cli.cli.sampling.mode import Composer, Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed
from gan_cli.errors import UserError

flags.DEFINE_string(
    "super_resolve",
    None,
    "An image file smaller than the generator's images: find the image that shrinks to it. Writes"
    " as --project.",
)

_SMALLEST_SIDE = 2


def run(options: Options) -> None:
    check_still(options)
    first_seed(options)
    studio = open_studio(options)
    refuse_points(studio, "--super_resolve")

    import numpy as np
    import tensorflow as tf

    from gan_cli.data.prepare import natural_size, prepare_image
    from gan_cli.studio.fit.search import psnr_db
    from gan_cli.studio.fit.shrink import shrinking_matrix

    height, width, channels = studio.loaded.generator.outputs[0].shape[1:]
    background = studio.loaded.config.data.background

    def as_it_is(image):
        small = natural_size(image)
        if min(small) < _SMALLEST_SIDE or small[0] >= height or small[1] >= width:
            raise UserError(
                f"--super_resolve: {options.super_resolve} has {small[0]}x{small[1]} pixels; it"
                f" must be smaller than the generator's images of {height}x{width}"
            )
        return prepare_image(image, *small, channels, "stretch", background)

    target = readable("super_resolve", options.super_resolve, as_it_is)
    rows = shrinking_matrix(height, target.shape[0])
    columns = shrinking_matrix(width, target.shape[1])

    def shrunk(images):
        return tf.einsum("ah,nhwc,bw->nabc", rows, images, columns)

    misfit = pixel_misfit(target)
    found = find(studio, options, lambda images: misfit(shrunk(images)))
    again = shrunk(tf.constant(found.image[None], tf.float32))[0].numpy()
    again = np.clip(np.round(again), 0, 255).astype(np.uint8)
    # Every pixel of the given image as a block, to be seen beside the result.
    nearest = [
        np.arange(side) * small // side
        for side, small in zip((height, width), target.shape[:2], strict=True)
    ]
    blocks = target[nearest[0]][:, nearest[1]]
    strip = [("given", blocks), ("found", found.image)]
    deliver_found(
        studio, options, "super-resolution", options.super_resolve, found, found.image, strip
    )
    print(
        f"{options.out}: shrunk again PSNR {psnr_db(again, target):.1f} dB{describe(studio, found)}"
    )


COMPOSER = Composer("super-resolution", compose_found, ())
MODE = Mode("super_resolve", run, takes=TAKES, composer=COMPOSER)
