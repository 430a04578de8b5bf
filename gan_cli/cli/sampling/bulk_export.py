"""Images by seed to a folder, arrays or TFRecord files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.cli.sampling.mode import Options
from gan_cli.cli.sampling.seeds import seeds_text

if TYPE_CHECKING:
    import numpy as np

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.media.sinks.sink import Sink


def export_images(studio: "Studio", options: Options, seeds: Sequence[int]) -> None:
    """Writes the images of the seeds, and goes on where an earlier call was cut off.

    Raises:
      UserError: there are other images at --out, or it cannot be written.
    """
    from gan_cli.media.sinks.arrays import ArraySink
    from gan_cli.media.sinks.folder import FolderSink, image_name
    from gan_cli.media.sinks.records import RecordSink

    out = Path(options.out)
    ending = out.suffix.lower()
    recipe = {
        "kind": {".npz": "arrays", ".tfrecord": "records"}.get(ending, "folder"),
        # Open: a folder may be added to.
        "seeds": f"{seeds[0]}-" if options.until and not ending else seeds_text(seeds),
        "classes": options.classes,
        "truncation": options.truncation,
    }
    loaded = studio.loaded
    provenance = studio.provenance(recipe)
    marked = studio.mark(provenance, out, options.no_provenance) is not None
    labels = studio.labels(options.classes, len(seeds))
    where = (out, provenance, marked, len(seeds), studio.signer)
    sink: Sink
    if ending == ".npz":
        sink = ArraySink(*where)
    elif ending == ".tfrecord":
        sink = RecordSink(*where, loaded.class_names)
    else:
        sink = FolderSink(*where, lambda seed, label: image_name(seed, label, loaded.class_names))
    before = fill(sink, studio, options, seeds, labels)
    there = f", {before:,} of them there already" if before else ""
    kind = "points" if studio.points else "images"
    print(f"{out}: {len(seeds)} {kind} of {loaded.checkpoint_name} ({loaded.kimg:g} kimg){there}")


def fill(
    sink: "Sink",
    studio: "Studio",
    options: Options,
    seeds: Sequence[int],
    labels: "np.ndarray | None",
) -> int:
    """Writes the images of seeds and labels to a sink; returns how many were there already.

    Raises:
      UserError: there are other images, or it cannot be written.
    """
    from gan_cli.cli.progress import images_progress
    from gan_cli.sampling.bulk_export import export

    with images_progress("writing images") as on_progress:
        return export(
            studio.sampler_for(options.truncation),
            lambda some: studio.latents(some, options.truncation),
            seeds,
            labels,
            sink,
            on_progress,
        )
