"""--inpaint: a masked part of an image, as the generator would have it."""

from absl import flags

from gan_cli.cli.sampling.deliver import check_still
from gan_cli.cli.sampling.edit import (
    TAKES,
    deliver_found,
    describe,
    find,
    given_image,
    pixel_misfit,
    readable,
)
from gan_cli.cli.sampling.mode import Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed
from gan_cli.errors import UserError

flags.DEFINE_string(
    "inpaint",
    None,
    "An image file: fill what --mask marks so that the rest fits. Writes as --project.",
)
flags.DEFINE_string(
    "mask", None, "Of --inpaint: an image of the same shape, white where it is to be filled."
)

_WHITE = 128


def run(options: Options) -> None:
    check_still(options)
    first_seed(options)
    if options.mask is None:
        raise UserError("--inpaint: needs --mask, white where the image is to be filled")
    studio = open_studio(options)
    refuse_points(studio, "--inpaint")

    import numpy as np

    from gan_cli.data.prepare import prepare_image
    from gan_cli.studio.fit.search import psnr_db

    target = given_image(studio, "inpaint", options.inpaint)
    height, width = target.shape[:2]
    fit = studio.loaded.config.data.fit
    mask = readable(
        "mask", options.mask, lambda m: prepare_image(m, height, width, 1, fit, "#000000")
    )
    missing = mask >= _WHITE
    if missing.all() or not missing.any():
        kind = "white everywhere" if missing.all() else "black everywhere"
        raise UserError(f"--mask: {options.mask} is {kind}; white marks what is to be filled")
    known = 1.0 - missing.astype(np.float32)
    found = find(studio, options, pixel_misfit(target, known))
    result = np.where(missing, found.image, target)
    holes = np.where(missing, np.uint8(128), target)
    strip = [("given", holes), ("found", found.image), ("filled", result)]
    deliver_found(studio, options, "inpainting", options.inpaint, found, result, strip)
    seen = np.broadcast_to(~missing, target.shape)
    print(
        f"{options.out}: known part PSNR {psnr_db(found.image[seen], target[seen]):.1f} dB"
        f"{describe(studio, found)}"
    )


MODE = Mode("inpaint", run, takes=TAKES)
