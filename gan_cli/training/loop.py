"""The training loop: feeds batches to compiled steps, and runs periodic actions."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.step import TrainStep
from gan_cli.training.stop import StopRequest

Report = Mapping[str, float]


# Far beyond the losses of any GAN that works, Wasserstein's without a bound included. Weights that
# make such losses are as lost as those that are not finite, and float32 ends soon after.
LARGEST_LOSS = 1e9
_LOSSES = ("discriminator_loss", "generator_loss")


class DivergedError(Exception):
    """A loss or penalty is no longer finite, or a loss is beyond `LARGEST_LOSS`."""

    def __init__(self, what: str, images_shown: int):
        super().__init__(f"{what} at {images_shown / 1000:g} kimg")
        self.images_shown = images_shown


class RollBackError(Exception):
    """Asks to continue training from an older checkpoint; raised by actions.

    Attributes:
      reason: one word, such as `collapse`.
      images_shown: images shown when the action ran.
    """

    def __init__(self, reason: str, images_shown: int):
        super().__init__(f"{reason} at {images_shown / 1000:g} kimg")
        self.reason, self.images_shown = reason, images_shown


@dataclass(frozen=True)
class NonFinite:
    """A call into TensorFlow whose report has values that are not finite, or losses far too large.

    Attributes:
      images_shown: images shown by the end of the call.
      names: names of these values.
      images, labels: inputs of the call's steps, [steps, batch, ...].
    """

    images_shown: int
    names: list[str]
    images: np.ndarray
    labels: np.ndarray
    is_finite: bool = False

    @property
    def text(self) -> str:
        """What is wrong, such as `generator_loss not finite`."""
        how = f"beyond {LARGEST_LOSS:g}" if self.is_finite else "not finite"
        return f"{', '.join(self.names)} {how}"


def lost_values(report: Report) -> tuple[list[str], bool]:
    """Returns the names of values that are not finite, or else of losses beyond `LARGEST_LOSS`.

    Returns:
      the names, and whether the values are finite.
    """
    bad = [name for name, value in report.items() if not np.isfinite(value)]
    if bad:
        return bad, False
    return [name for name in _LOSSES if abs(report.get(name, 0.0)) > LARGEST_LOSS], True


@dataclass
class Action:
    """A function that runs every `every_images` images, and when training ends.

    Attributes:
      after_signal: whether it runs, too, when a signal ends training, which should end it soon.
    """

    every_images: int
    run: Callable[[int], object]
    after_signal: bool = True

    def is_due(self, before: int, now: int) -> bool:
        return before // self.every_images < now // self.every_images


def compile_steps(
    step: TrainStep,
    image_shape: Sequence[int],
    xla: bool,
    image_dtype: str = "uint8",
    distribution: Distribution = ONE_DEVICE,
) -> Callable:
    """Returns a compiled function that takes several steps in one call.

    The function takes images, `image_dtype` [steps, batch, height, width, channels], and labels,
    int32 [steps, batch], for any number of steps, and returns the mean over the steps of each
    reported value. Each of several workers calls it with its share of every batch.
    """
    batch = step.reals_per_step // distribution.workers
    # AutoGraph converts the loop below, but not the networks, as in Keras' `fit`: rewriting their
    # source takes at least as long as tracing them.
    take_step = tf.autograph.experimental.do_not_convert(distribution.run)

    @tf.function(
        jit_compile=xla or None,
        input_signature=[
            tf.TensorSpec([None, batch, *image_shape], image_dtype),
            tf.TensorSpec([None, batch], tf.int32),
        ],
    )
    def run(images: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        steps = tf.shape(images)[0]
        totals = dict.fromkeys(step.report_names, tf.constant(0.0))
        for index in tf.range(steps):
            report = take_step(step, images[index], labels[index])
            totals = {name: total + report[name] for name, total in totals.items()}
        return {name: total / tf.cast(steps, tf.float32) for name, total in totals.items()}

    return run


def train(
    run_steps: Callable,
    batches: Iterable[Mapping[str, tf.Tensor]],
    *,
    images_shown: int,
    total_images: int,
    batch_size: int,
    actions: Sequence[Action],
    on_report: Callable[[int, Report], None],
    time_is_up: Callable[[], bool] = lambda: False,
    has_enough: Callable[[], bool] = lambda: False,
    agree: Callable[[bool], bool] = bool,
    tolerates: Callable[[NonFinite], bool] = lambda found: False,
    stop: StopRequest | None = None,
    seconds_per_part: float | None = None,
    on_part: Callable[[int], object] = lambda images_shown: None,
) -> signal.Signals | None:
    """Trains until enough images have been shown, the time is up, or a signal arrives.

    Args:
      run_steps: made by `compile_steps`.
      batches: stacked batches, as `run_steps` takes them.
      on_report: called after every call into TensorFlow with the images shown and the report.
      time_is_up: returns whether to stop by the clock, after the first call.
      has_enough: returns whether to stop before the next call into TensorFlow.
      tolerates: returns whether to continue although values of a report are not finite.
      agree: from this worker's wish to stop to whether any worker has it, so that all of them stop
        at the same step.
      stop: a `StopRequest` that the caller has entered, so that no signal is lost between several
        calls; by default a new one.
      seconds_per_part: splits calls that take longer into parts of about so many seconds, between
        which a signal ends training; None: no call is split. Parts change no weight.
      on_part: called with the images shown after each part of a call but the last.

    Returns:
      the signal that ended training, or None; SIGTERM if another worker received it.

    Raises:
      DivergedError: a reported value is not finite or a loss far too large, and `tolerates`
        returned False. Actions do not run on such a state.
      RollBackError: an action raised it.
    """
    first, last_run = images_shown, dict.fromkeys(range(len(actions)), images_shown)
    is_signalled = False
    parts = _Parts(run_steps, batch_size, seconds_per_part, on_part)
    with contextlib.nullcontext(stop) if stop else StopRequest() as stop:
        for batch in batches:
            # Time that was over before the first call would train nothing, however often.
            late = has_enough() or (images_shown > first and time_is_up())
            is_signalled = agree(stop.signal is not None)
            if images_shown >= total_images or is_signalled or agree(late):
                break
            steps_left = -(-(total_images - images_shown) // batch_size)
            images, labels = batch["images"][:steps_left], batch["labels"][:steps_left]
            before = images_shown
            report, steps = parts.run(images, labels, images_shown, stop)
            images_shown += steps * batch_size
            bad, is_finite = lost_values(report)
            if bad:
                seen = np.asarray(images[:steps]), np.asarray(labels[:steps])
                found = NonFinite(images_shown, bad, *seen, is_finite)
                if not tolerates(found):
                    raise DivergedError(found.text, images_shown)
            on_report(images_shown, report)
            for index, action in enumerate(actions):
                if action.is_due(before, images_shown):
                    action.run(images_shown)
                    last_run[index] = images_shown
        for index, action in enumerate(actions):
            is_wanted = action.after_signal or not (is_signalled or stop.signal)
            if last_run[index] < images_shown and is_wanted:
                action.run(images_shown)
    return (stop.signal or signal.SIGTERM) if is_signalled else stop.signal


class _Parts:
    """Takes the steps of a call in parts, where they are slow."""

    def __init__(
        self,
        run_steps: Callable,
        batch_size: int,
        seconds_per_part: float | None,
        on_part: Callable[[int], object],
    ):
        self.run_steps, self.batch_size = run_steps, batch_size
        self.seconds_per_part, self.on_part = seconds_per_part, on_part
        # The first step, which TensorFlow compiles, and the second one are taken alone.
        self._steps_per_part = 1
        self._is_compiled = False

    def run(
        self, images: tf.Tensor, labels: tf.Tensor, images_shown: int, stop: StopRequest
    ) -> tuple[dict[str, float], int]:
        """Returns the mean report of the steps taken, and their number: all, unless `stop` came.

        Steps whose report is not finite end the call, too.
        """
        steps, taken = int(images.shape[0]), 0
        totals: dict[str, float] = {}
        while taken < steps:
            upto = steps
            if self.seconds_per_part is not None:
                upto = min(taken + self._steps_per_part, steps)
            count = upto - taken
            # A call that is not split is spared the copies.
            part = (images, labels) if count == steps else (images[taken:upto], labels[taken:upto])
            began = time.monotonic()
            report = self.run_steps(*part)
            values = {name: float(value) for name, value in report.items()}
            self._learn((time.monotonic() - began) / count)
            if count == steps:
                return values, steps
            totals = {name: totals.get(name, 0.0) + count * v for name, v in values.items()}
            taken = upto
            if stop.signal is not None or not all(map(np.isfinite, values.values())):
                break
            if taken < steps:
                self.on_part(images_shown + taken * self.batch_size)
        return {name: total / taken for name, total in totals.items()}, taken

    def _learn(self, seconds_per_step: float) -> None:
        """Chooses the length of the next part."""
        if self.seconds_per_part is not None and self._is_compiled:
            fitting = self.seconds_per_part / max(seconds_per_step, 1e-9)
            self._steps_per_part = max(int(min(fitting, 1e6)), 1)
        self._is_compiled = True
