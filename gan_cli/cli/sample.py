"""gan-sample: pictures from a run's checkpoint, the same ones for the same seeds.

gan-sample --run_dir runs/digits --out grid.png
gan-sample --run_dir runs/digits --seeds 0-9,42 --out folder/
"""

from collections.abc import Sequence

from absl import flags

from gan_cli.cli import app
from gan_cli.errors import UserError

_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory of gan-train.", required=True)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "Which checkpoint: best, latest, or the number of images shown."
)
_SEED = flags.DEFINE_integer("seed", 0, "First seed of a grid; the others follow it.")
_SEEDS = flags.DEFINE_string("seeds", None, "Seeds in place of --seed, such as 0-63 or 1,5,10-12.")
_GRID = flags.DEFINE_string(
    "grid", None, "ROWSxCOLUMNS of the picture; default: 8x8, or what the seeds fill."
)
_CLASSES = flags.DEFINE_string(
    "classes",
    None,
    "Conditional runs: class names or numbers, such as 0,3 or 'all', one after another.",
)
_TRUNCATION = flags.DEFINE_float(
    "truncation", None, "Cut latents off at plus or minus this: less variety, cleaner images."
)
_OUT = flags.DEFINE_string(
    "out",
    None,
    "A grid as .png, .jpg or .webp; arrays as .npz; or a folder of single PNG images.",
    required=True,
)

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_SCATTERED_POINTS = 2500


def main(argv: Sequence[str]) -> int:
    del argv
    # Checked first: TensorFlow takes seconds to import.
    seeds, columns = _seeds_and_columns()
    app.import_tensorflow()

    from gan_cli.cli.build import load_generator
    from gan_cli.data.mixture import is_points, mixture_of
    from gan_cli.run.directory import RunDirectory
    from gan_cli.sampling.generate import Sampler
    from gan_cli.sampling.latents import latents_for_seeds
    from gan_cli.sampling.scatter import write_points
    from gan_cli.sampling.write import write_samples

    loaded = load_generator(RunDirectory(_RUN_DIR.value), _CHECKPOINT.value)
    points = is_points(loaded.generator.outputs[0].shape)
    if points and _SEEDS.value is None and _GRID.value is None:
        seeds = list(range(_SEED.value, _SEED.value + _SCATTERED_POINTS))
    labels = _labels(loaded, len(seeds))
    model = loaded.config.model
    latents = latents_for_seeds(
        seeds, model.latent_dim, model.latent_distribution, _TRUNCATION.value
    )
    sampler = Sampler(loaded.generator)
    if points:
        mixture = mixture_of(loaded.config.data)
        written = write_points(sampler.images(latents, labels), seeds, labels, mixture, _OUT.value)
    else:
        batches = sampler.batches(latents, labels)
        written = write_samples(batches, seeds, labels, loaded.class_names, columns, _OUT.value)
    kind = "points" if points else "images"
    print(f"{written}: {len(seeds)} {kind} of {loaded.checkpoint_name} ({loaded.kimg:g} kimg)")
    return 0


def _seeds_and_columns() -> tuple[list[int], int]:
    """The seeds, and how many of them make a row.

    Raises:
      UserError: a flag is malformed, or asks for no image.
    """
    rows, columns = _parse_grid(_GRID.value) if _GRID.value else (None, 8)
    if _SEEDS.value is None:
        if _SEED.value < 0:
            raise UserError(f"--seed: must be at least 0, got {_SEED.value}")
        count = (rows or 8) * columns
        return list(range(_SEED.value, _SEED.value + count)), columns
    seeds = parse_seeds(_SEEDS.value)
    if rows is not None and rows * columns < len(seeds):
        raise UserError(
            f"--grid: {_GRID.value} has room for {rows * columns} images,"
            f" --seeds names {len(seeds)}"
        )
    return seeds, columns if rows is not None else min(columns, len(seeds))


def _parse_grid(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise UserError(f"--grid: must be ROWSxCOLUMNS, such as 8x8, got '{text}'")
    return int(parts[0]), int(parts[1])


def parse_seeds(text: str) -> list[int]:
    """'0-3,9' to [0, 1, 2, 3, 9].

    Raises:
      UserError: it is malformed or names no seed.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise UserError(f"--seeds: must be such as 0-63 or 1,5,10-12, got '{text}'")
        seeds += range(int(first), int(last if dash else first) + 1)
    if not seeds:
        raise UserError(f"--seeds: '{text}' names no seed")
    return seeds


def _labels(loaded, count: int):
    """One label for each image, int32 [count], or None for an unconditional generator."""
    import numpy as np

    if not loaded.num_classes:
        if _CLASSES.value is not None:
            raise UserError(f"--classes: {_RUN_DIR.value} was trained without model.conditional")
        return None
    if _CLASSES.value in (None, "all"):
        chosen = list(range(loaded.num_classes))
    else:
        chosen = [_class_number(name.strip(), loaded) for name in _CLASSES.value.split(",")]
    return np.resize(np.array(chosen, np.int32), count)


def _class_number(name: str, loaded) -> int:
    if name in loaded.class_names:
        return loaded.class_names.index(name)
    if name.isdigit() and int(name) < loaded.num_classes:
        return int(name)
    raise UserError(f"--classes: no class '{name}' (known: {', '.join(loaded.class_names)})")


def entry_point() -> None:
    app.run(main)


if __name__ == "__main__":
    entry_point()
