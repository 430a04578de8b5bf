"""Runs grouped by method: runs that differ by seed and name alone repeat one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from gan_cli.config.load import config_differences
from gan_cli.config.resolve import INTERVALS
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.metrics.evaluation import Score

# Keys that may differ between runs that repeat one another.
_REPEATS = ("seed", "name")


@dataclass(frozen=True)
class Spread:
    """One figure over several runs: mean and sample standard deviation."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Method:
    """Runs that differ by their seeds alone.

    Attributes:
      name: the runs' common name in their configs or, where several methods share it, the first
        setting that differs from the first method's, and how many more do.
      runs: positions of the runs in the request.
      spread: by figure that all these runs have; empty for a single run.
    """

    name: str
    runs: tuple[int, ...]
    spread: Mapping[str, Spread]


def group_by_method(
    configs: Sequence[ResolvedConfig], scores: Sequence[Mapping[str, Score]]
) -> tuple[Method, ...]:
    """Groups runs by their configs, in the order of the runs.

    Runs of the same seed are counted as one method too: they may be copies of one another.

    Args:
      configs: one for each run.
      scores: figures of each run, by name.
    """
    groups: list[list[int]] = []
    for number, config in enumerate(configs):
        same = next((g for g in groups if not differences(configs[g[0]], config)), None)
        if same is None:
            groups.append([number])
        else:
            same.append(number)
    names = _names([configs[group[0]] for group in groups])
    return tuple(
        Method(name, tuple(group), spread_of([scores[number] for number in group]))
        for name, group in zip(names, groups, strict=True)
    )


def differences(first: ResolvedConfig, other: ResolvedConfig) -> list[str]:
    """Returns a line for each key, apart from seed and name, in which two configs differ.

    Runs that the clock ends may also differ in what each of them took from its own speed.
    """
    ignored = set(_REPEATS)
    if first.training.max_minutes is not None and other.training.max_minutes is not None:
        ignored |= {"training.schedule_kimg", *INTERVALS}
    return [
        line
        for line in config_differences(first, other)
        if line.split(":")[0].strip() not in ignored
    ]


def spread_of(scores: Sequence[Mapping[str, Score]]) -> dict[str, Spread]:
    """Returns mean and deviation of each figure that all have; of one run, nothing."""
    if len(scores) < 2:
        return {}
    values = {
        figure: [each[figure].value for each in scores if figure in each] for figure in scores[0]
    }
    return {
        figure: Spread(mean(found), stdev(found))
        for figure, found in values.items()
        if len(found) == len(scores)
    }


def _names(configs: Sequence[ResolvedConfig]) -> list[str]:
    """Returns the configs' names or, where some share one, the first setting that differs."""
    names = [config.name for config in configs]
    if len(set(names)) == len(names):
        return names
    lines = [differences(configs[0], other) for other in configs[1:]]
    key, _, values = lines[0][0].partition(": ")
    own = f"{key.split('.')[-1]}={_plain(values.partition(' -> ')[0])}"
    return [own, *map(_change, lines)]


def _change(lines: Sequence[str]) -> str:
    """Returns `loss=hinge and 2 more` of `objective.loss: 'relativistic' -> 'hinge'` and others."""
    key, _, values = lines[0].partition(": ")
    # The options of a part differ because the part does.
    options = "model.options" if key.strip() == "model.architecture" else f"{key.strip()}_options"
    others = [line for line in lines[1:] if not line.strip().startswith(options)]
    more = f" and {len(others)} more" if others else ""
    return f"{key.split('.')[-1]}={_plain(values.rpartition(' -> ')[2])}{more}"


def _plain(value: str) -> str:
    return value.strip("'")
