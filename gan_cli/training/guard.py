"""Detects from a run's figures that training goes wrong.

The guard sees only rows of figures, the same as in metrics.jsonl, so that a resumed run raises the
same alarms as one that never stopped.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import tensorflow as tf

from gan_cli.training.state import GanState, model_variables

Row = Mapping[str, float]

# Losses that are log-probabilities stay below a few nats while training works.
LARGEST_LOSS = 50.0
# Ratio to the median of earlier rows, which stays within a factor of about ten in good training.
LARGEST_NORM_RATIO = 100.0
ROWS_OF_MEDIAN, FEWEST_ROWS_OF_MEDIAN = 50, 10
# Halfway from no overfitting, 0, to a D that takes held-out images for generated ones, 1.
LARGEST_OVERFITTING = 0.5
# Share of pairs that D must rank correctly before the overfitting ratio means anything.
LEAST_RANKING = 0.75
# Share of pairs ranked correctly by a D that has little left to teach.
WON_RANKING = 0.98
LEAST_DIVERSITY = 0.5
LEAST_SHARE_OF_MODES = 0.75
LEAST_LOSS_SCALE = 1.0
# Severity below which an alarm is cleared; an alarm is raised at 1.
CLEARED = 0.7
# Rows after which an alarm that has not cleared is raised again.
PATIENCE = 5

# What usually helps, by signal; a run replaces it by what its config leaves to do.
USUAL_ADVICE = {
    "diverging": "Lower learning rates, or a penalty with a larger gamma, may help",
    "discriminator_won": (
        "A gradient penalty or a larger gamma, augmentation, or fewer updates of D may help"
    ),
    "overfitting": "Augmentation (objective.augmentation), a larger gamma or more data may help",
    "collapse": (
        "A penalty with a larger gamma, lower learning rates or fewer updates of D may help"
    ),
}
# One word for training while an alarm lasts, the worst first.
_WORDS = {
    "diverging": "diverging",
    "collapse": "collapsing",
    "discriminator_won": "D ahead",
    "overfitting": "overfitting",
    "loss_scale": "overflowing",
}

NORMS = ("discriminator_gradient_norm", "generator_gradient_norm")


@dataclass(frozen=True)
class Alarm:
    """A signal beyond its limit.

    Attributes:
      signal: `diverging`, `discriminator_won`, `overfitting`, `collapse` or `loss_scale`.
      text: the finding and what may help, in plain words.
      is_new: whether this is the first alarm since the signal was within its limit.
    """

    signal: str
    text: str
    is_new: bool


@dataclass
class _Progress:
    """State of one signal.

    Attributes:
      beyond: number of consecutive rows beyond the limit.
      since_alarm: number of rows since the alarm; None: there is no alarm.
    """

    beyond: int = 0
    since_alarm: int | None = None


class Guard:
    """Raises alarms from rows of figures, which it takes in their order.

    Args:
      bounded_loss: whether losses have a scale of their own, like log-probabilities, so that a
        large one means divergence.
      num_modes: number of modes of the data, where they can be counted; else None.
      grace_images: images to show before a generator counts as collapsed; every generator starts
        without variety.
      advice: a sentence for each signal on what may help.
    """

    def __init__(
        self,
        *,
        bounded_loss: bool,
        num_modes: int | None,
        grace_images: int,
        advice: Mapping[str, str] = USUAL_ADVICE,
    ):
        self.advice = advice
        self.bounded_loss, self.num_modes = bounded_loss, num_modes
        self.grace_images = grace_images
        self._norms: dict[str, deque[float]] = {
            name: deque(maxlen=ROWS_OF_MEDIAN) for name in NORMS
        }
        self._signals: dict[str, tuple[Callable[[Row], tuple[float, str] | None], int]] = {
            "diverging": (self._diverging, 1),
            "discriminator_won": (self._discriminator_won, 5),
            "overfitting": (self._overfitting, 2),
            "collapse": (self._collapse, 2),
            "loss_scale": (self._loss_scale, 1),
        }
        self._progress = {name: _Progress() for name in self._signals}

    def observe(self, row: Row) -> list[Alarm]:
        """Returns the alarms that this row raises: new ones, and reminders of lasting ones."""
        alarms = []
        for name, (measure, rows_needed) in self._signals.items():
            measured = measure(row)
            if measured is None:
                continue
            severity, text = measured
            progress = self._progress[name]
            if progress.since_alarm is not None:
                progress.since_alarm += 1
                if severity < CLEARED:
                    progress.since_alarm, progress.beyond = None, 0
                elif severity >= 1.0 and progress.since_alarm % PATIENCE == 0:
                    alarms.append(Alarm(name, text, is_new=False))
                continue
            progress.beyond = progress.beyond + 1 if severity >= 1.0 else 0
            if progress.beyond >= rows_needed:
                progress.since_alarm = 0
                alarms.append(Alarm(name, text, is_new=True))
        for name, norms in self._norms.items():
            if name in row and np.isfinite(row[name]):
                norms.append(row[name])
        return alarms

    def judgement(self, images_shown: int) -> str:
        """Returns how training goes: at first `starting`, then `healthy`, `D ahead`, ..."""
        for name, word in _WORDS.items():
            if self._progress[name].since_alarm is not None:
                return word
        return "starting" if images_shown < self.grace_images else "healthy"

    def _diverging(self, row: Row) -> tuple[float, str] | None:
        if not set(NORMS) & set(row):
            return None
        worst = (0.0, "")
        if self.bounded_loss:
            for name in ("discriminator_loss", "generator_loss"):
                if name in row:
                    text = f"the {name.replace('_', ' ')} is {row[name]:.3g}"
                    worst = max(worst, (abs(row[name]) / LARGEST_LOSS, text))
        for name, norms in self._norms.items():
            if name in row and len(norms) >= FEWEST_ROWS_OF_MEDIAN:
                ratio = row[name] / max(median(norms), 1e-12)
                text = f"the {name.replace('_', ' ')} is {ratio:.0f} times what it was"
                worst = max(worst, (ratio / LARGEST_NORM_RATIO, text))
        return worst[0], (f"training diverges: {worst[1]}. {self.advice['diverging']}")

    def _discriminator_won(self, row: Row) -> tuple[float, str] | None:
        if "ranking_accuracy" not in row or row["images_shown"] < self.grace_images:
            return None
        wrong = 1.0 - row["ranking_accuracy"]
        return (1.0 - WON_RANKING) / max(wrong, 1e-6), (
            f"D has won: it tells {100 * row['ranking_accuracy']:.1f} % of the pairs of a real and"
            f" a generated sample apart. {self.advice['discriminator_won']}"
        )

    def _overfitting(self, row: Row) -> tuple[float, str] | None:
        if "overfitting" not in row:
            return None
        return row["overfitting"] / LARGEST_OVERFITTING, (
            "D knows the training samples by heart: its logits of held-out samples lie"
            f" {100 * row['overfitting']:.0f} % of the way to those of generated samples."
            f" {self.advice['overfitting']}"
        )

    def _collapse(self, row: Row) -> tuple[float, str] | None:
        if row["images_shown"] < self.grace_images:
            return None
        help_text = self.advice["collapse"]
        if self.num_modes and "modes_covered" in row:
            share = row["modes_covered"] / self.num_modes
            return LEAST_SHARE_OF_MODES / max(share, 1e-3), (
                f"the generator has collapsed: it makes {row['modes_covered']:.0f} of"
                f" {self.num_modes} modes. {help_text}"
            )
        if "diversity" not in row:
            return None
        return LEAST_DIVERSITY / max(row["diversity"], 1e-3), (
            "the generator collapses: its samples differ from each other"
            f" {100 * row['diversity']:.0f} % as much as real ones do. {help_text}"
        )

    def _loss_scale(self, row: Row) -> tuple[float, str] | None:
        if "loss_scale" not in row:
            return None
        return LEAST_LOSS_SCALE / max(row["loss_scale"], 1e-12), (
            f"the loss scale has fallen to {row['loss_scale']:.2g}: gradients overflow in float16"
            " at nearly every step. Use training.precision: mixed_bfloat16 or float32"
        )


def is_skipped(names: Sequence[str], state: GanState, skip_non_finite: bool) -> bool:
    """Returns whether the step has skipped what was not finite, so that training can continue.

    Args:
      names: names of the reported values that are not finite.
      skip_non_finite: whether the step skips every gradient that is not finite.
    """
    scaled = hasattr(state.discriminator_optimizer, "dynamic_scale")
    if scaled and set(names) <= set(NORMS):
        return True
    # Such a step leaves weights alone, but values that are not finite may have reached a buffer.
    return skip_non_finite and all(
        bool(tf.reduce_all(tf.math.is_finite(variable)))
        for model in (state.generator, state.discriminator, state.generator_ema)
        for variable in model_variables("", model).values()
        if variable.dtype.is_floating
    )
