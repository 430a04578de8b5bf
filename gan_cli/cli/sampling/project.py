"""--project: the generator's image that comes nearest to a given one, and its latents."""

from absl import flags

from gan_cli.cli.sampling.deliver import check_still
from gan_cli.cli.sampling.edit import (
    TAKES,
    compose_found,
    deliver_found,
    describe,
    find,
    given_image,
    pixel_misfit,
)
from gan_cli.cli.sampling.mode import Composer, Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed

flags.DEFINE_string(
    "project",
    None,
    "An image file: find the latents whose image comes nearest to it. Writes that image, a strip"
    " beside it and the latents as .npz.",
)


def run(options: Options) -> None:
    check_still(options)
    first_seed(options)
    studio = open_studio(options)
    refuse_points(studio, "--project")
    target = given_image(studio, "project", options.project)

    from gan_cli.studio.fit.search import psnr_db

    found = find(studio, options, pixel_misfit(target), features_of=target)
    strip = [("given", target), ("found", found.image)]
    deliver_found(studio, options, "projection", options.project, found, found.image, strip)
    print(f"{options.out}: PSNR {psnr_db(found.image, target):.1f} dB{describe(studio, found)}")


COMPOSER = Composer("projection", compose_found, ())
MODE = Mode("project", run, takes=TAKES, composer=COMPOSER)
