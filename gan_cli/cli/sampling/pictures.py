"""Without a mode: images by seed, as a grid, arrays, or a folder of single images."""

from absl import flags

from gan_cli.cli.sampling.mode import Mode, Options, open_studio
from gan_cli.cli.sampling.seeds import seeds_and_columns

flags.DEFINE_string(
    "grid", None, "ROWSxCOLUMNS of the picture; default: 8x8, or what the seeds fill."
)

_SCATTERED_POINTS = 2500


def run(options: Options) -> None:
    seeds, columns = seeds_and_columns(options)
    studio = open_studio(options)

    from gan_cli.data.mixture import mixture_of
    from gan_cli.sampling.scatter import write_points
    from gan_cli.sampling.write import write_samples

    loaded = studio.loaded
    if studio.points and options.seeds is None and options.grid is None:
        seeds = list(range(options.seed, options.seed + _SCATTERED_POINTS))
    labels = studio.labels(options.classes, len(seeds))
    latents = studio.latents(seeds, options.truncation)
    if studio.points:
        mixture = mixture_of(loaded.config.data)
        points = studio.sampler.images(latents, labels)
        written = write_points(points, seeds, labels, mixture, options.out)
    else:
        batches = studio.sampler.batches(latents, labels)
        written = write_samples(batches, seeds, labels, loaded.class_names, columns, options.out)
    kind = "points" if studio.points else "images"
    print(f"{written}: {len(seeds)} {kind} of {loaded.checkpoint_name} ({loaded.kimg:g} kimg)")


MODE = Mode(None, run)
