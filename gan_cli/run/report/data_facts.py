"""What the report says about the data of a run."""

from dataclasses import dataclass

from pydantic import Field

from gan_cli.data.sources import domain_of
from gan_cli.errors import UserError
from gan_cli.io.records import Count, Name, Record, read_record
from gan_cli.run.data_place import data_of
from gan_cli.run.directory import RunDirectory

_CLASSES_SHOWN = 40
_SIZES_SHOWN = 8
_CHANNELS = {"1": "gray", "3": "in colour", "4": "with transparency"}


class _Data(Record):
    """The form of data.json, as far as the page shows it."""

    train_images: Count
    holdout_images: Count
    train_by_class: dict[Name, Count]
    holdout_by_class: dict[Name, Count]
    shape: list[Count]
    brightness: list[float] | None
    skipped: Count
    passed_over: Count
    notes: list[str]
    warnings: list[str]
    sizes: dict[Name, Count] = Field(default_factory=dict)
    channels: dict[Name, Count] = Field(default_factory=dict)


@dataclass(frozen=True)
class DataFacts:
    """Sentences and a table for the page.

    Attributes:
      classes: name, training samples and held-out samples of each class, at most forty.
      more_classes: how many others there are.
    """

    facts: list[str]
    warnings: list[str]
    notes: list[str]
    classes: list[tuple[str, int, int]]
    more_classes: int


def kind_of_samples(run: RunDirectory) -> str:
    """Returns the name of a run's domain, such as `strings`; unless the run says it, `images`."""
    try:
        return domain_of(data_of(run, run.read_config())).name
    except (UserError, OSError):
        # The page names the file that cannot be read.
        return "images"


def data_facts(run: RunDirectory) -> DataFacts | None:
    """Returns what data.json says, or None where an earlier version wrote none.

    Raises:
      UserError: it is damaged.
    """
    if not run.data_report.exists():
        return None
    data = read_record(run.data_report, _Data)
    if data.brightness is not None and len(data.brightness) != 3:
        raise UserError(f"{run.data_report}: is damaged: brightness: must hold three numbers")
    names = list(data.train_by_class)
    shown = names[:_CLASSES_SHOWN]
    return DataFacts(
        _facts(data),
        data.warnings,
        data.notes,
        [(name, data.train_by_class[name], data.holdout_by_class.get(name, 0)) for name in shown],
        len(names) - len(shown),
    )


def _facts(data: _Data) -> list[str]:
    size = " x ".join(map(str, data.shape))
    facts = [
        f"{data.train_images:,} samples were trained on and {data.holdout_images:,} held out, each"
        f" of {size} (height x width x channels)."
    ]
    if data.sizes:
        sizes = sorted(data.sizes, key=lambda name: -data.sizes[name])
        parts = [f"{data.sizes[name]:,} of {name}" for name in sizes[:_SIZES_SHOWN]]
        more = len(sizes) - len(parts)
        others = [f"{more:,} more sizes"] if more else []
        facts.append(f"Sizes in the files, height x width: {', '.join([*parts, *others])}.")
    if data.channels:
        kinds = [f"{count:,} {_CHANNELS.get(key, key)}" for key, count in data.channels.items()]
        facts.append(f"In the files: {', '.join(kinds)}.")
    if data.brightness is not None:
        least, mean, greatest = data.brightness
        facts.append(
            f"After preparation, values go from {least:.0f} to {greatest:.0f} of 255, {mean:.0f} on"
            " average."
        )
    if data.skipped or data.passed_over:
        facts.append(
            f"{data.skipped:,} could not be decoded and {data.passed_over:,} other files or folders"
            " were passed over; skipped.txt names them."
        )
    return facts
