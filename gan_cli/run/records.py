"""The forms of the JSON files in a run directory, as far as gan-cli reads them back."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from gan_cli.io.records import Count, Name, Record
from gan_cli.io.wording import show_value

_MOST_CLASSES = 1_000_000
_LONGEST_WORD = 200
_LONGEST_PATH = 4096

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CheckpointName = Annotated[str, StringConstraints(pattern=r"^ckpt-[0-9]{1,15}$")]
SampleMark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}(\.[0-9]{1,9})?$")]
FileName = Annotated[str, StringConstraints(pattern=r"^state\.[a-z0-9-]{1,100}$")]
ClassNames = Annotated[list[Name], Field(max_length=_MOST_CLASSES)]


def _check_number(value: Any) -> float:
    # Not by pydantic's own types: a file that is written again keeps its whole numbers whole.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, got {show_value(value)}")
    if isinstance(value, int) and abs(value) > 2**1000:
        raise ValueError("must be a number that a float can hold")
    return value


def _check_finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {value}")
    return value


def _check_word(name: str) -> str:
    """Checks the name of a figure, which is drawn and printed."""
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_WORD:
        raise ValueError(f"must be a printable name of at most {_LONGEST_WORD} characters")
    return name


Number = Annotated[Any, AfterValidator(_check_number)]
FiniteNumber = Annotated[Number, AfterValidator(_check_finite)]
FigureName = Annotated[str, AfterValidator(_check_word)]


class SplitRecord(Record):
    """split.json: marks of the samples that a run trains on, and of those held out."""

    trained: list[SampleMark]
    held_out: list[SampleMark]


class BestRecord(Record):
    """best.json: which checkpoint was best, and by what."""

    checkpoint: CheckpointName
    metric: FigureName
    value: FiniteNumber


class Manifest(Record):
    """manifest.json of a checkpoint: the files with their checksums, and dtype and shape."""

    files: dict[FileName, Sha256]
    variables: dict[str, list[str | int]]

    @model_validator(mode="after")
    def _has_an_index(self) -> "Manifest":
        if "state.index" not in self.files:
            raise ValueError("files: must name state.index")
        if not all(description for description in self.variables.values()):
            raise ValueError("variables: must hold a type for each")
        return self


class DatasetRecord(Record):
    """The data set in environment.json."""

    fingerprint: Name
    class_names: ClassNames


class EnvironmentRecord(Record):
    """environment.json: what a run was made with."""

    dataset: DatasetRecord
    working_folder: Annotated[str, StringConstraints(max_length=_LONGEST_PATH)] | None = None


class LoggersRecord(Record):
    """loggers.json: the name that each tracker gave the run, by the logger's name."""

    runs: dict[Name, Name]


class MetricsRow(Record):
    """A line of metrics.jsonl; every other key is a figure, too."""

    __pydantic_extra__: dict[FigureName, Number] = Field(init=False)
    images_shown: Count


class GuardEntry(Record):
    """A line of guard.jsonl."""

    images_shown: Count
    signal: Name
    did: Name
    detail: str
    interventions: Count


class PlanEntry(Record):
    """A line of plans.jsonl."""

    images_shown: Count
    planned_kimg: FiniteNumber
    kimg: FiniteNumber


class ScoreRecord(Record):
    """One figure of an evaluation."""

    value: Number
    interval: Number | None = None
    floor: Number | None = None
    ceiling: Number | None = None
    higher_is_better: bool
    source: str = ""
    count: Count | None = None
    baseline: Number | None = None


class CurvePoint(Record):
    """A point of a curve of quality against diversity."""

    judge_bits: Number
    reverse_bits: Number


class ClassModeRecord(Record):
    """What an evaluation says about one class."""

    covered: bool
    data_share: Number


class DetailsRecord(Record):
    """Details of an evaluation, as far as the report shows them."""

    class_modes: dict[Name, ClassModeRecord] | None = None
    quality_and_diversity: dict[Name, list[CurvePoint]] | None = None


class EvaluationRecord(Record):
    """A file of `evaluations/`: the scores of one checkpoint."""

    checkpoint: Name
    kimg: FiniteNumber
    scores: dict[FigureName, ScoreRecord]
    num_generated: Count
    num_reference: Count
    class_shares: dict[Name, Number] = Field({})
    details: DetailsRecord = DetailsRecord()
    reading: list[str] = Field([])
    baseline: str = ""

    @model_validator(mode="after")
    def _describes_each_class(self) -> "EvaluationRecord":
        modes = self.details.class_modes
        if modes is not None and not self.class_shares.keys() <= modes.keys():
            raise ValueError("details.class_modes: must hold each class of class_shares")
        return self

    def as_json(self) -> dict[str, Any]:
        """Returns the record in JSON's own types, with all that its file holds."""
        return self.model_dump()


def is_evaluation(value: Any) -> bool:
    """Returns whether a value out of JSON is meant as an evaluation, sound or damaged."""
    return isinstance(value, Mapping) and {"scores", "kimg", "checkpoint"} <= value.keys()
