"""--inspect: what a file says about its origin and, with --run_dir, whether that is so."""

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_cli.cli import app
from gan_cli.cli.sampling.mode import Composer, Mode, Options
from gan_cli.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.media.provenance import Provenance

flags.DEFINE_string(
    "inspect",
    None,
    "A file: print what it says about its origin. With --run_dir, generate its pixels again and say"
    " whether they are equal; exit status 1 where they are not.",
)

_NOTHING_FOUND = 1
_LONGEST_VALUE = 200


def run(options: Options) -> int:
    path = Path(options.inspect)
    if not path.is_file():
        raise UserError(f"--inspect: {path} is no file")
    app.import_tensorflow()

    from gan_cli.media.decode import read_provenance

    found = read_provenance(path)
    if found is None:
        print(
            f"{path}: carries no record of gan-cli. That proves nothing: records can be removed,"
            " and others' generators leave other ones or none."
        )
        _show_credentials(path)
        return _NOTHING_FOUND
    lines = {
        "digital source type": found.digital_source_type,
        "software": found.software,
        "config": found.config_name,
        "checkpoint": found.checkpoint,
        "model SHA-256": found.model_sha256,
        **{name.replace("_", " "): value for name, value in found.recipe.items()},
    }
    print(f"{path}:")
    for name, value in lines.items():
        if value is not None:
            print(f"  {name + ':':<21}{_printable(value)}")
    intact = _show_credentials(path)
    if options.run_dir is None:
        return 0 if intact else _NOTHING_FOUND
    return _compare(path, found, options.run_dir) if intact else _NOTHING_FOUND


def _show_credentials(path: Path) -> bool:
    """Prints who signed the file, if anyone did; whether it is as it was then."""
    from gan_cli.media.credentials import MEDIA_TYPES, read_credentials
    from gan_cli.media.decode import file_content

    ending = path.suffix.lower()
    found = read_credentials(file_content(path), ending) if ending in MEDIA_TYPES else None
    if found is None:
        return True
    if found.intact:
        text = f"intact, signed as '{found.signer}'; whether to trust that signer is not checked"
    else:
        text = f"DAMAGED, or the file was changed after signing: {', '.join(found.faults)}"
    print(f"  {'content credentials:':<21}{_printable(text)}")
    return found.intact


def _compare(path: Path, found: "Provenance", run_dir: str) -> int:
    """Prints whether the run makes the same pixels, and returns the exit status."""
    from gan_cli.cli.sampling.studio import Studio

    studio = Studio.open(run_dir, found.checkpoint.removeprefix("ckpt-"))
    if studio.loaded.weights_sha256 != found.model_sha256:
        print(
            f"  not equal: {found.checkpoint} of {run_dir} has other weights, of SHA-256"
            f" {studio.loaded.weights_sha256}"
        )
        return _NOTHING_FOUND
    try:
        equal, what = _same_pixels(path, studio, found.recipe)
    except UserError as error:
        raise UserError(f"{path}: its record cannot be followed: {error}") from error
    print(f"  {'equal' if equal else 'NOT equal'}: {what} generated again from {run_dir}")
    return 0 if equal else _NOTHING_FOUND


def _same_pixels(path: Path, studio: "Studio", recipe: Any) -> tuple[bool, str]:
    """Whether the file's pixels are those of its recipe, and what was compared."""
    import numpy as np

    from gan_cli.cli.sampling.seeds import seeds_text
    from gan_cli.media.decode import decoded, file_content
    from gan_cli.media.encode import ANIMATIONS, PICTURES, encoded, encoded_animation

    kind, ending = recipe.get("kind"), recipe.get("format")
    if kind == "arrays":
        return _same_arrays(path, studio, recipe)
    if kind in ("image", "explored"):
        frames = [_single_image(studio, recipe)]
        animated, ending = False, ".png"
    else:
        composer = _composer(kind)
        options = _recorded_options(studio, composer, recipe)
        speed = recipe.get("frames_per_second")
        animated = type(speed) is int and 1 <= speed <= 100
        if ending not in (ANIMATIONS if animated else PICTURES):
            raise UserError(f"unknown format '{ending}'")
        work = composer.compose(studio, options, animated)
        frames = list(work.frames)
        if (seeds_text(work.seeds) or None) != recipe.get("seeds"):
            raise UserError("its seeds are not those that it names")
    # Through the same encoder: what a format loses is lost on both sides.
    if animated:
        again = encoded_animation(frames, ending, speed, None)
    else:
        again = encoded(frames[0], ending, None)
    ours = list(decoded(again, ending))
    # Only as far as they are equal: a stranger's file may hold far more than ours.
    pairs = itertools.zip_longest(ours, decoded(file_content(path), ending))
    equal = all(one is not None and np.array_equal(one, other) for one, other in pairs)
    return equal, f"all pixels of {len(ours)} {'frames' if animated else 'picture'}"


def _single_image(studio: "Studio", recipe: Any):
    from gan_cli.cli.sampling.explore import Painter, recorded_place
    from gan_cli.cli.sampling.seeds import SEEDS_END
    from gan_cli.domains.grid import to_pillow

    if recipe.get("kind") == "explored":
        return to_pillow(Painter(studio).image(recorded_place(studio, recipe)))
    seed, label = recipe.get("seed"), recipe.get("label")
    conditional = studio.loaded.num_classes > 0
    if (
        type(seed) is not int
        or not 0 <= seed < SEEDS_END
        or (type(label) is int) != conditional
        or (conditional and not 0 <= label < studio.loaded.num_classes)
    ):
        raise UserError("it names no image of this run")
    own = label if conditional else None
    return to_pillow(studio.image(seed, own, _truncation(recipe)))


def _same_arrays(path: Path, studio: "Studio", recipe: Any) -> tuple[bool, str]:
    import numpy as np

    from gan_cli.io.npz import read_npz
    from gan_cli.sampling.bulk_export import CHUNK

    name = "points" if studio.points else "images"
    arrays = read_npz(path, [name, "seeds", "labels"])
    if not {name, "seeds"} <= set(arrays):
        raise UserError(f"it lacks '{name}' or 'seeds'")
    kept, labels = arrays[name], arrays.get("labels")
    shape = (2,) if studio.points else tuple(studio.loaded.generator.outputs[0].shape[1:])
    if kept.ndim < 1 or kept.shape[1:] != shape:
        raise UserError(f"its {name} have shape {kept.shape}, not (count, {str(shape)[1:]}")
    _check_numbers("seeds", arrays["seeds"], len(kept), 2**63 - 1)
    if (labels is None) != (not studio.loaded.num_classes):
        raise UserError("it has classes and the run has none, or the other way round")
    if labels is not None:
        _check_numbers("labels", labels, len(kept), studio.loaded.num_classes - 1)
    seeds, equal = arrays["seeds"].tolist(), True
    for start in range(0, len(seeds), CHUNK):
        part = slice(start, start + CHUNK)
        part_labels = None if labels is None else labels[part]
        again = studio.images(seeds[part], part_labels, _truncation(recipe))
        equal &= np.array_equal(again.reshape(len(again), *kept.shape[1:]), kept[part])
    return equal, f"all values of {len(seeds)} {name}"


def _check_numbers(name: str, values: "np.ndarray", count: int, largest: int) -> None:
    """Refuses an array that is not of `count` whole numbers from 0 to `largest`."""
    whole = values.dtype.kind in "iu" and values.shape == (count,)
    if not whole or (count and not 0 <= values.min() <= values.max() <= largest):
        raise UserError(f"its {name} are not {count} whole numbers from 0 to {largest}")


def _truncation(recipe: Any) -> float | None:
    value = recipe.get("truncation")
    if value is not None and type(value) not in (int, float):
        raise UserError("its truncation is no number")
    return value


def _composer(kind: Any) -> Composer:
    # Here, since the table holds this module.
    from gan_cli.cli.sampling.modes import MODES

    for mode in MODES:
        if mode.composer is not None and mode.composer.kind == kind:
            return mode.composer
    raise UserError(f"what is of kind '{_printable(kind)}' cannot be made from its record alone")


def _recorded_options(studio: "Studio", composer: Composer, recipe: Any) -> Options:
    """The flags that the picture was made with, of the flags' types."""
    from gan_cli.sampling.saved_latents import from_recipe

    values: dict[str, Any] = {"seed": 0, "latents": None}
    if recipe.get("latents") is not None:
        loaded = studio.loaded
        values["latents"] = from_recipe(recipe, loaded.config.model.latent_dim, loaded.num_classes)
    for name in (*composer.recorded, "seeds"):
        value = recipe.get(name)
        if value is not None:
            try:
                value = flags.FLAGS[name].parser.parse(str(value))
            except ValueError as error:
                raise UserError(f"--{name}: {error}") from error
        values[name] = value
    return SimpleNamespace(**values)


def _printable(value: Any) -> str:
    """On one line, without control characters: the file may be anyone's."""
    text = str(value)
    if len(text) > _LONGEST_VALUE:
        text = f"{text[:_LONGEST_VALUE]}... ({len(text):,} characters)"
    return "".join(c if c.isprintable() else "?" for c in text)


MODE = Mode("inspect", run, needs=(), takes=("run_dir",))
