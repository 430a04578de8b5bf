"""Many samples to a folder, to arrays, to TFRecord files or to a labelled set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_cli.domains.domain import FOLDER, LINES, RECORDS, Domain
from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError
from gan_cli.io.paths import given_path
from gan_cli.listener import Listener, Quiet
from gan_cli.media.credentials import Signer
from gan_cli.media.formats import PICTURES, check_bulk_ending, check_folder
from gan_cli.media.sinks.arrays import ArraySink
from gan_cli.media.sinks.folder import FolderSink, folder_name, image_name
from gan_cli.media.sinks.lines import LineSink
from gan_cli.media.sinks.records import RecordSink
from gan_cli.media.sinks.sink import Sink
from gan_cli.sampling.bulk_export import export
from gan_cli.studio.bulk_requests import Dataset, Images
from gan_cli.studio.drawing import Written
from gan_cli.studio.studio import Studio
from gan_cli.studio.texts import seeds_text

_KINDS = {
    ".npz": "arrays",
    ".tfrecord": "records",
    ".txt": "lines",
    ".jsonl": "lines",
    "": "folder",
}
_ACTIVITY = "writing images"


def write_images(
    studio: Studio,
    request: Images,
    out: str | Path,
    *,
    unmarked: bool = False,
    signer: Signer | None = None,
    listener: Listener | None = None,
) -> Written:
    """Writes samples, in constant memory; what was cut off before is continued.

    Args:
      out: an .npz, a .tfrecord, or a folder of PNG files; of strings, an .npz, a .txt or a .jsonl.
      unmarked: whether files say nothing about their origin; the run directory keeps a note.
      signer: signs the origin of each picture.
      listener: hears how many samples are written.

    Raises:
      UserError: `out` holds other samples or cannot be written, or there is no such class.
    """
    out = given_path(out, "out")
    ending = check_bulk_ending(out)
    loaded = studio.loaded
    _check_domain(loaded.domain, out)
    count = request.count or loaded.domain.default_samples
    seeds: Sequence[int] = range(request.seed, request.seed + count)
    if request.seeds is not None:
        seeds = request.seeds
    classes = request.classes
    if isinstance(classes, tuple):
        classes = ",".join(map(studio.class_text, classes))
    recipe = {
        "kind": _KINDS[ending],
        # Open: a folder may be added to.
        "seeds": f"{seeds[0]}-" if request.count and not ending else seeds_text(seeds),
        "classes": classes,
        "truncation": request.truncation,
    }
    provenance = studio.provenance(recipe)
    marked = studio.mark(provenance, out, unmarked) is not None
    labels = studio.labels(request.classes, len(seeds))
    where = (out, provenance, marked, len(seeds), signer)
    sink: Sink
    if ending == ".npz":
        sink = ArraySink(*where, loaded.domain)
    elif isinstance(loaded.domain, Strings):
        sink = LineSink(*where, loaded.domain, loaded.class_names)
    elif ending == ".tfrecord":
        sink = RecordSink(*where, loaded.class_names)
    else:
        sink = FolderSink(*where, lambda seed, label: image_name(seed, label, loaded.class_names))
    before = _fill(sink, studio, seeds, labels, request.truncation, listener)
    there = f", {before:,} of them there already" if before else ""
    what = f"{len(seeds)} {loaded.domain.name} of {studio.checkpoint_text}{there}"
    return Written(out, what)


def write_dataset(
    studio: Studio,
    request: Dataset,
    out: str | Path,
    *,
    unmarked: bool = False,
    signer: Signer | None = None,
    listener: Listener | None = None,
) -> Written:
    """Writes a labelled set, as Keras and TensorFlow Datasets read it.

    Images go to `train/CLASS/` of the folder `out`. Arguments as of `write_images`.

    Raises:
      UserError: the run has no classes, or `out` holds another set or cannot be written.
    """
    out = given_path(out, "out")
    check_folder(out)
    studio.loaded.domain.require(FOLDER, str(studio.run.path), "count")
    numbers = studio.class_numbers(request.classes)
    if numbers is None:
        raise UserError(
            f"{studio.run.path} is not conditional, and its images have no labels; write them"
            " without labels",
            key="count",
        )
    if len(set(numbers)) < len(numbers):
        raise UserError("names a class twice", key="classes")
    proportions = request.proportions or [1.0] * len(numbers)
    if len(proportions) != len(numbers):
        raise UserError(
            f"names {len(proportions)} numbers for {len(numbers)} classes", key="proportions"
        )
    counts = shared_out(request.count, proportions)
    names = studio.loaded.class_names
    folders: dict[int | None, str] = {number: folder_name(names[number]) for number in numbers}
    if len(set(folders.values())) < len(folders):
        raise UserError("two classes' names give the same folder name", key="classes")
    labels = np.repeat(np.array(numbers, np.int32), counts)
    # Interleaved, so that a set that was cut off has some images of each class.
    labels = labels[np.random.default_rng(0).permutation(len(labels))]
    seeds = range(request.seed, request.seed + len(labels))
    recipe = {
        "kind": "dataset",
        "seeds": f"{seeds[0]}-{seeds[-1]}",
        "classes": ",".join(map(str, numbers)),
        "counts": ",".join(map(str, counts)),
        "truncation": request.truncation,
    }
    provenance = studio.provenance(recipe)
    marked = studio.mark(provenance, out, unmarked) is not None
    sink = FolderSink(
        out,
        provenance,
        marked,
        len(labels),
        signer,
        lambda seed, label: f"train/{folders[label]}/seed{seed:06d}",
    )
    _fill(sink, studio, seeds, labels, request.truncation, listener)
    shown = ", ".join(f"{names[n]} {count:,}" for n, count in zip(numbers, counts, strict=True))
    return Written(out / "train", f"{shown}; {studio.checkpoint_text}")


def shared_out(total: int, proportions: Sequence[float]) -> list[int]:
    """Returns whole numbers of sum `total`, as near to the proportions as possible.

    By largest remainders (Hamilton): what rounding down leaves over goes where it took the most.
    """
    # Of the largest: sums of numbers near the largest float would overflow.
    largest = max(proportions)
    shares = [proportion / largest for proportion in proportions]
    exact = [total * share / sum(shares) for share in shares]
    counts = [int(count) for count in exact]
    remainders = [count - whole for count, whole in zip(exact, counts, strict=True)]
    # Among equal remainders, the first goes first.
    order = sorted(range(len(counts)), key=lambda index: -remainders[index])
    for index in order[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _check_domain(domain: Domain, out: Path) -> None:
    of_ending = {".npz": None, ".tfrecord": RECORDS, "": FOLDER}
    feature = of_ending.get(out.suffix.lower(), LINES)
    if feature is not None and feature not in domain.supports:
        bulk = {".npz": None, ".tfrecord": RECORDS, ".txt": LINES, ".jsonl": LINES}
        endings = [each for each, needed in bulk.items() if needed in (None, *domain.supports)]
        known = ", ".join((*PICTURES, *endings))
        raise UserError(f"{domain.name} are written as one of {known}, got '{out}'", key="out")


def _fill(
    sink: Sink,
    studio: Studio,
    seeds: Sequence[int],
    labels: np.ndarray | None,
    truncation: float | None,
    listener: Listener | None,
) -> int:
    """Writes the samples to a sink; returns how many were there already."""
    with (listener or Quiet()).during(_ACTIVITY) as on_progress:
        return export(
            studio.sampler_for(truncation),
            lambda some: studio.latents(some, truncation),
            seeds,
            labels,
            sink,
            on_progress,
        )
