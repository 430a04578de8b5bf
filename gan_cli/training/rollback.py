"""Training that goes back where the guard wants it, all workers alike and at the same step.

The chief alone keeps files and figures, so it alone can judge a run and restore a checkpoint. The
others know from the images shown when it looks, and are told what came of it.
"""

import signal
from collections.abc import Callable

import tensorflow as tf

from gan_cli.training.distribution import Distribution
from gan_cli.training.loop import DivergedError, RollBackError, StopRequest, train
from gan_cli.training.remedies import Remedies
from gan_cli.training.state import GanState

_NOWHERE = -1


def agreed_look(
    look: Callable[[int], object], remedies: Remedies, distribution: Distribution
) -> Callable[[int], None]:
    """Returns an action that all workers run at the same images: a look by the chief.

    A rollback that the chief wishes for is raised by all; factors that it has changed become those
    of all.

    Args:
      look: the chief's; of the other workers one that does nothing.
    """

    def act(images_shown: int) -> None:
        wish = None
        try:
            look(images_shown)
        except RollBackError as error:
            wish = error
        if distribution.any(wish is not None):
            raise wish or RollBackError("as the chief wishes", images_shown)
        distribution.share(remedies.variables())

    return act


def train_with_rollbacks(
    run_steps: Callable,
    batches_from: Callable[[int], tf.data.Dataset],
    go_back: Callable[[int, str], int | None],
    state: GanState,
    distribution: Distribution,
    *,
    rolls_back_non_finite: bool,
    **course,
) -> tuple[signal.Signals | None, Exception | None]:
    """Trains, and as often as it has to goes back to an older checkpoint and on from there.

    Args:
      batches_from: from the images shown to the batches that follow.
      go_back: restores an older checkpoint, given the images shown and the reason; returns its
        images shown, or None: there is no going back. Only the chief's counts.
      course: of `loop.train`.

    Returns:
      the signal that ended it, and what made it end early, each None where there was none.
    """
    # One for all courses, so that a signal while going back is not lost.
    with StopRequest() as stop:
        while True:
            shown = state.images_so_far()
            try:
                batches = batches_from(shown)
                return train(run_steps, batches, images_shown=shown, stop=stop, **course), None
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
