"""The head of the report: how good the run is, how it went, and what to do next."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Score names of distances to the held-out images.
_DISTANCES = ("fd_", "fid")
# Shares of the way from noise to the floor, on a logarithmic scale.
_NEAR, _RECOGNISABLE = 0.75, 0.4
# From this factor on, one score is worse than another: estimates vary by less.
_WORSE = 1.3
_FEWEST_SCORES = 3
# A distance that stands still says nothing yet before that.
_EARLY_KIMG = 100
# Signals of the guard in words, each with the remedy.
_SIGNALS = {
    "diverging": ("losses or gradients grew far beyond what they were", "lower the learning rates"),
    "discriminator_won": (
        "the discriminator won: the generator learns little from it",
        "raise the gamma of its penalty, or lower its learning rate",
    ),
    "overfitting": (
        "the discriminator memorises the training {samples}",
        "use objective.augmentation, or more {samples}",
    ),
    "collapse": (
        "generated {samples} are too much alike",
        "raise the gamma of the discriminator's penalty, or use a larger batch",
    ),
    "loss_scale": ("float16 is too narrow for the gradients", "set training.precision to float32"),
}


@dataclass(frozen=True)
class Verdict:
    """What a reader wants to know first.

    Attributes:
      headline: one sentence about how good the samples are.
      how_it_went: sentences about the training.
      next_steps: sentences that say what to do.
    """

    headline: str
    how_it_went: tuple[str, ...]
    next_steps: tuple[str, ...]


def judge(
    rows: Sequence[Mapping[str, Any]],
    evaluation: Mapping[str, Any] | None,
    guarded: Sequence[Mapping[str, Any]],
    samples: str = "images",
) -> Verdict:
    """Judges a run by its scores, its warnings and the course of its distances.

    Args:
      rows: of metrics.jsonl.
      evaluation: the newest record of gan-eval, if any.
      guarded: entries of guard.jsonl.
      samples: name of the kind of samples.
    """
    went, steps = [], []
    name, course = _course(rows)
    if len(course) >= _FEWEST_SCORES:
        sentence, step = _trend(name, course, samples)
        went.append(sentence)
        steps.append(step)
    for signal in dict.fromkeys(entry["signal"] for entry in guarded):
        in_words = _SIGNALS.get(signal, (signal.replace("_", " "), ""))
        what, remedy = (text.replace("{samples}", samples) for text in in_words)
        first = next(e["images_shown"] for e in guarded if e["signal"] == signal)
        went.append(f"From {first / 1000:g} kimg on, {what}.")
        if remedy:
            steps.append(f"{remedy[0].upper()}{remedy[1:]}.")
    if evaluation is None:
        headline = "Not scored yet." if rows else "No step has been reported yet."
        if rows:
            steps.append("Score the run with gan-eval: the figures then stand here.")
    else:
        headline = _headline(evaluation, samples)
    steps.append("Draw from the run with gan-sample: grids, walks, edits and exports.")
    return Verdict(headline, tuple(went), tuple(steps))


def _course(rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[tuple[float, float]]]:
    """Returns the name of a distance that training tracked, and its values by kimg."""
    names = sorted({name for row in rows for name in row if name.startswith(_DISTANCES)})
    if not names:
        return "", []
    return names[0], [(row["kimg"], row[names[0]]) for row in rows if names[0] in row]


def _trend(name: str, course: Sequence[tuple[float, float]], samples: str) -> tuple[str, str]:
    best_kimg, best = min(course, key=lambda point: point[1])
    last_kimg, last = course[-1]
    if last > _WORSE * best:
        return (
            f"{name} was best at {best_kimg:g} kimg ({best:.3g}) and got worse to {last:.3g} at"
            f" {last_kimg:g} kimg.",
            "The best checkpoint is the one that gan-sample takes by default; more training of this"
            " kind does not help.",
        )
    earlier = min(value for _, value in course[: max(2 * len(course) // 3, 1)])
    if earlier > _WORSE * best:
        return (
            f"{name} was still falling at the end, to {best:.3g}.",
            "Train longer: raise training.kimg, or training.max_minutes if that ended the run, and"
            " repeat the command.",
        )
    if last_kimg < _EARLY_KIMG:
        return (
            f"{name} is at {best:.3g} at best.",
            f"Most runs need hundreds of kimg (thousand {samples} shown), and this one has seen"
            f" {last_kimg:g}: train longer before you change anything else.",
        )
    return (
        f"{name} has hardly changed over the last third of training ({best:.3g} at best).",
        "Longer training alone will hardly help; look for a wider network, other augmentation or"
        f" more {samples}.",
    )


def _headline(evaluation: Mapping[str, Any], samples: str) -> str:
    name, share = _share_of_the_way(evaluation.get("scores", {}))
    if name is None:
        return "Scored; what the scores mean stands below."
    if share is None:
        return (
            f"{name} tells noise from real {samples} too poorly here to judge the samples by it:"
            " take another feature network."
        )
    percent = f"{name} has come {100 * min(max(share, 0.0), 1.0):.0f} % of the way from noise"
    way = f"{percent} to real {samples}, on a logarithmic scale"
    if share >= _NEAR:
        return f"Close to the real {samples}: {way}."
    if share >= _RECOGNISABLE:
        return f"On the way: {way}."
    return f"Far from the real {samples}: {way}."


def _share_of_the_way(scores: Mapping[str, Any]) -> tuple[str | None, float | None]:
    """Returns the first distance and its place between ceiling, 0, and floor, 1."""
    for name, score in scores.items():
        ends = score.get("floor"), score.get("ceiling"), score.get("value")
        if not name.startswith(_DISTANCES) or not all(_is_positive(end) for end in ends):
            continue
        floor, ceiling, value = map(math.log, ends)
        return name, None if ceiling - floor < math.log(2.0) else (ceiling - value) / (
            ceiling - floor
        )
    return None, None


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0
