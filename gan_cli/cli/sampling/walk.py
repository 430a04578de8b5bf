"""--walk: from seed to seed, or from class to class, as a strip or an animation."""

from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.deliver import deliver, is_animation
from gan_cli.cli.sampling.mode import (
    SEEDED,
    Composer,
    Mode,
    Options,
    Work,
    open_studio,
    refuse_points,
)
from gan_cli.cli.sampling.saved import check_latents, saved_latents
from gan_cli.cli.sampling.seeds import seeds_or_first
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.sampling.saved_latents import SavedLatents

flags.DEFINE_enum(
    "walk",
    None,
    ["linear", "spherical", "circle", "classes"],
    "Along straight lines or arcs between the seeds, or between --latents, round the circle through"
    " two seeds, or from class to class at each seed. --out: .png or .jpg for a strip; .gif, .apng,"
    " .webp or .mp4.",
)
flags.DEFINE_bool("loop", False, "Go on from the last seed, or class, to the first.")
flags.DEFINE_integer("steps", 16, "Images from one seed, or class, to the next.", lower_bound=1)
flags.DEFINE_integer("frames_per_second", 12, "Of an animation.", lower_bound=1, upper_bound=100)


def run(options: Options) -> None:
    animated = is_animation(options)
    check_latents(options)
    if options.latents is None:
        _seeds(options)
    elif options.walk not in ("linear", "spherical"):
        raise UserError(f"--latents: is for --walk=linear or spherical, not {options.walk}")
    elif options.classes is not None:
        raise UserError("--classes: --latents have their own")
    studio = open_studio(options)
    refuse_points(studio, "--walk")
    deliver(studio, options, COMPOSER, animated)


def compose(studio: "Studio", options: Options, animated: bool) -> Work:
    """Draws the walk: uint8 pictures, a row to each track.

    A track is what one class, or in a walk between classes one seed, looks like along the way.

    Raises:
      UserError: the path cannot be walked by this generator.
    """
    import numpy as np

    from gan_cli.domains.grid import image_grid
    from gan_cli.media.sheets import named_sheet, refuse_too_many

    saved = saved_latents(studio, options)
    seeds = [] if saved else _seeds(options)
    if saved:
        tracks, names, stops = _between_latents(studio, options, saved)
    elif options.walk == "classes":
        tracks, names, stops = _between_classes(studio, options, seeds)
    else:
        tracks, names, stops = _between_seeds(studio, options, seeds)
    steps = options.steps
    if animated:
        refuse_too_many(tracks.shape[0] * tracks.shape[1])
        columns = int(np.ceil(np.sqrt(len(tracks)))) if len(tracks) > 5 else len(tracks)
        frames = [image_grid(frame, columns) for frame in tracks.swapaxes(0, 1)]
        return Work(frames, seeds, saved=saved)
    # One row a leg, from stop to stop.
    closed = tracks.shape[1] % steps == 0
    if closed:
        tracks = np.concatenate([tracks, tracks[:, :1]], axis=1)
        stops = [*stops, stops[0]]
    legs = range(len(stops) - 1)
    rows = [track[leg * steps : (leg + 1) * steps + 1] for track in tracks for leg in legs]
    row_names = [
        f"{name}{':  ' if name else ''}{stops[leg]} → {stops[leg + 1]}"
        for name in names
        for leg in legs
    ]
    return Work([named_sheet(np.stack(rows), row_names)], seeds, saved=saved)


def _seeds(options: Options) -> list[int]:
    fewest = {"classes": 1, "circle": 2}.get(options.walk, 2)
    seeds = seeds_or_first(options, {"classes": 4, "circle": 2}.get(options.walk, 4))
    if len(seeds) < fewest or (options.walk == "circle" and len(seeds) > 2):
        wanted = "two seeds" if options.walk == "circle" else f"at least {fewest} seeds"
        raise UserError(f"--seeds: --walk={options.walk} goes through {wanted}, got {len(seeds)}")
    return seeds


def _between_seeds(studio: "Studio", options: Options, seeds: list[int]):
    """Images, uint8 [tracks, length, height, width, channels], and names of tracks and stops."""
    import numpy as np

    from gan_cli.media.sheets import refuse_too_many
    from gan_cli.sampling.walks import circle_path

    path = _path(studio, options)
    numbers = studio.class_numbers(options.classes)
    tracks = 1 if numbers is None else len(numbers)
    refuse_too_many(tracks * len(seeds) * options.steps)
    nodes = studio.latents(seeds, options.truncation)
    if options.walk == "circle":
        latents = circle_path(nodes[0], nodes[1], options.steps)
        stops = [f"{seeds[0]}", f"{seeds[1]}", f"-{seeds[0]}", f"-{seeds[1]}"]
    else:
        latents, stops = path(nodes, options.steps, options.loop), [f"{seed}" for seed in seeds]
    labels = None if numbers is None else np.repeat(np.array(numbers, np.int32), len(latents))
    images = studio.sampler_for(options.truncation).images(np.tile(latents, (tracks, 1)), labels)
    names = [""] if numbers is None else [studio.loaded.class_names[n] for n in numbers]
    return images.reshape(tracks, len(latents), *images.shape[1:]), names, stops


def _between_latents(studio: "Studio", options: Options, saved: "SavedLatents"):
    """As `_between_seeds`, of one track; on the way from class to class it is of a mixture."""
    import numpy as np

    from gan_cli.media.sheets import refuse_too_many
    from gan_cli.sampling.walks import linear_path

    count = len(saved.latents)
    if count < 2:
        raise UserError("--latents: --walk goes through at least two, got 1")
    refuse_too_many(count * options.steps)
    latents = _path(studio, options)(saved.latents, options.steps, options.loop)
    stops = [f"{number + 1}" for number in range(count)]
    if saved.labels is None:
        images = studio.sampler.images(latents)
    elif len(set(saved.labels.tolist())) == 1:
        images = studio.sampler.images(latents, np.full(len(latents), saved.labels[0]))
    else:
        corners = np.eye(studio.loaded.num_classes, dtype=np.float32)[saved.labels]
        shares = linear_path(corners, options.steps, options.loop)
        mixer = studio.class_mixer(shares)
        images = mixer.images(latents, np.arange(len(shares), dtype=np.int32))
    if saved.labels is not None:
        names = studio.loaded.class_names
        stops = [f"{stop} ({names[n]})" for stop, n in zip(stops, saved.labels, strict=True)]
    return images[None], [""], stops


def _path(studio: "Studio", options: Options):
    """The function of nodes, steps and whether it is closed.

    Raises:
      UserError: it is not for this run's latents.
    """
    from gan_cli.sampling.walks import linear_path, spherical_path

    if options.walk == "linear":
        return linear_path
    if studio.loaded.config.model.latent_distribution != "normal":
        raise UserError(
            f"--walk={options.walk}: is for normal latents, this run's are uniform; use linear"
        )
    return spherical_path


def _between_classes(studio: "Studio", options: Options, seeds: list[int]):
    """As `_between_seeds`, with a track to each seed."""
    import numpy as np

    from gan_cli.media.sheets import refuse_too_many
    from gan_cli.sampling.walks import linear_path

    numbers = studio.class_numbers(options.classes)
    if numbers is None or len(numbers) < 2:
        raise UserError("--walk=classes: needs a conditional run and at least two --classes")
    refuse_too_many(len(seeds) * len(numbers) * options.steps)
    corners = np.eye(studio.loaded.num_classes, dtype=np.float32)[numbers]
    shares = linear_path(corners, options.steps, options.loop)
    latents = np.repeat(studio.latents(seeds, options.truncation), len(shares), axis=0)
    labels = np.tile(np.arange(len(shares), dtype=np.int32), len(seeds))
    images = studio.class_mixer(shares, options.truncation).images(latents, labels)
    names = [f"seed {seed}" for seed in seeds]
    stops = [studio.loaded.class_names[number] for number in numbers]
    return images.reshape(len(seeds), len(shares), *images.shape[1:]), names, stops


COMPOSER = Composer("walk", compose, ("walk", "loop", "steps", "classes", "truncation"))
MODE = Mode("walk", run, takes=(*SEEDED, "latents"), composer=COMPOSER)
