"""Training with rollbacks to older checkpoints, by all workers at the same step.

Only the chief has files and figures, so only it can judge a run and restore a checkpoint. The other
workers know from the images shown when the chief looks, and receive its decision.
"""

import signal
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from gan_cli.training.distribution import Distribution
from gan_cli.training.loop import DivergedError, RollBackError, train
from gan_cli.training.remedies import Remedies
from gan_cli.training.state import GanState
from gan_cli.training.stop import StopRequest

_NOWHERE = -1


def agreed_look(
    look: Callable[[int], object], remedies: Remedies, distribution: Distribution
) -> Callable[[int], None]:
    """Returns an action, for all workers to run at the same images, in which the chief looks.

    If the chief's look raises a `RollBackError`, all workers raise one. Factors that the chief has
    changed are copied to all workers.

    Args:
      look: the chief's function; on other workers, one that does nothing.
    """

    def act(images_shown: int) -> None:
        wish = None
        try:
            look(images_shown)
        except RollBackError as error:
            wish = error
        if distribution.any(wish is not None):
            raise wish or RollBackError("requested by the chief", images_shown)
        distribution.share(remedies.variables())

    return act


def train_with_rollbacks(
    run_steps: Callable,
    batches_from: Callable[[int], Iterable[Mapping[str, tf.Tensor]]],
    go_back: Callable[[int, str], int | None],
    state: GanState,
    distribution: Distribution,
    *,
    rolls_back_non_finite: bool,
    stop: StopRequest,
    **loop_options: Any,
) -> tuple[signal.Signals | None, Exception | None]:
    """Trains, and continues from an older checkpoint as often as an action or divergence asks.

    Args:
      batches_from: from the images shown to the batches that follow.
      go_back: restores an older checkpoint, given the images shown and the reason. Returns that
        checkpoint's images shown, or None if there is none to go back to. Only the chief's result
        counts.
      rolls_back_non_finite: whether to go back when a reported value is not finite.
      stop: entered by the caller; one for all calls of `train`, so that a signal during a rollback
        is not lost.
      loop_options: further arguments of `loop.train`.

    Returns:
      the signal that ended training, and the error that ended it early; each may be None.
    """
    while True:
        shown = state.images_so_far()
        try:
            batches = batches_from(shown)
            return train(run_steps, batches, images_shown=shown, stop=stop, **loop_options), None
        except DivergedError as error:
            trouble: Exception = error
            if not rolls_back_non_finite:
                return None, trouble
            back_to = go_back(error.images_shown, "non_finite")
        except RollBackError as wish:
            trouble = wish
            back_to = go_back(wish.images_shown, wish.reason)
        if distribution.of_chief(_NOWHERE if back_to is None else back_to) == _NOWHERE:
            return None, trouble
        distribution.share(state.variables())
