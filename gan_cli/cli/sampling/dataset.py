"""--dataset: a labelled set of generated images, as Keras and TensorFlow Datasets read it."""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.bulk_export import fill
from gan_cli.cli.sampling.mode import MARKED, Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

flags.DEFINE_integer(
    "dataset",
    None,
    "Write so many images to --out/train/CLASS/, of --seed and those that follow: the layout of"
    " keras.utils.image_dataset_from_directory and of TFDS's ImageFolder.",
    lower_bound=1,
)
flags.DEFINE_list(
    "proportions",
    None,
    "Numbers, one to each of --classes, or to all: how many images of each; by default as many of"
    " each.",
)


def run(options: Options) -> None:
    first_seed(options)
    if Path(options.out).suffix:
        raise UserError(f"--out: --dataset writes a folder, got '{options.out}'")
    proportions = _proportions(options.proportions)
    studio = open_studio(options)
    refuse_points(studio, "--dataset")
    numbers = studio.class_numbers(options.classes)
    if numbers is None:
        raise UserError(
            f"--dataset: {studio.run.path} is not conditional, and its images have no labels; use"
            " --until"
        )
    if len(set(numbers)) < len(numbers):
        raise UserError(f"--classes: '{options.classes}' names a class twice")
    counts = shared_out(options.dataset, proportions or [1.0] * len(numbers))
    if len(counts) != len(numbers):
        raise UserError(f"--proportions: names {len(counts)} numbers for {len(numbers)} classes")
    _write(studio, options, numbers, counts)


def shared_out(total: int, proportions: list[float]) -> list[int]:
    """Whole numbers of sum `total`, as near to the proportions as they can be.

    By largest remainders (Hamilton): what rounding down leaves over goes where it took the most.
    """
    exact = [total * share / sum(proportions) for share in proportions]
    counts = [int(count) for count in exact]
    remainders = [count - whole for count, whole in zip(exact, counts, strict=True)]
    # The first of equal ones first.
    order = sorted(range(len(counts)), key=lambda index: -remainders[index])
    for index in order[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _proportions(given: list[str] | None) -> list[float] | None:
    if given is None:
        return None
    try:
        numbers = [float(text) for text in given]
    except ValueError:
        numbers = []
    if not numbers or not all(0 <= number < float("inf") for number in numbers) or not sum(numbers):
        raise UserError(
            f"--proportions: must be numbers such as 5,1,1, not all 0, got '{','.join(given)}'"
        )
    return numbers


def _write(studio: "Studio", options: Options, numbers: list[int], counts: list[int]) -> None:
    import numpy as np

    from gan_cli.media.sinks.folder import FolderSink, folder_name

    names = studio.loaded.class_names
    folders = {number: folder_name(names[number]) for number in numbers}
    if len(set(folders.values())) < len(folders):
        raise UserError("--dataset: two classes' names give the same folder name")
    labels = np.repeat(np.array(numbers, np.int32), counts)
    # Interleaved, so that a cut-off set has some of each class.
    labels = labels[np.random.default_rng(0).permutation(len(labels))]
    seeds = range(options.seed, options.seed + len(labels))
    recipe = {
        "kind": "dataset",
        "seeds": f"{seeds[0]}-{seeds[-1]}",
        "classes": ",".join(map(str, numbers)),
        "counts": ",".join(map(str, counts)),
        "truncation": options.truncation,
    }
    provenance = studio.provenance(recipe)
    marked = studio.mark(provenance, options.out, options.no_provenance) is not None
    sink = FolderSink(
        Path(options.out),
        provenance,
        marked,
        len(labels),
        studio.signer,
        lambda seed, label: f"train/{folders[label]}/seed{seed:06d}",
    )
    fill(sink, studio, options, seeds, labels)
    loaded = studio.loaded
    shown = ", ".join(f"{names[n]} {count:,}" for n, count in zip(numbers, counts, strict=True))
    print(f"{options.out}/train: {shown}; {loaded.checkpoint_name} ({loaded.kimg:g} kimg)")


MODE = Mode(
    "dataset",
    run,
    takes=("checkpoint", "seed", "classes", "truncation", *MARKED),
)
