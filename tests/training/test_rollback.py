"""Going back: a signal is not lost over it, and workers do as the chief decides."""

import os
import signal
from types import SimpleNamespace

import pytest
import tensorflow as tf

from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.loop import Action, RollBackError
from gan_cli.training.remedies import Remedies
from gan_cli.training.rollback import agreed_look, train_with_rollbacks
from gan_cli.training.stop import StopRequest

BATCH = 10


class Assistant(Distribution):
    """A worker whose chief has always decided already."""

    worker, workers = 1, 2

    def __init__(self, goes_back=False, back_to=-1.0):
        self.goes_back, self.back_to, self.shared = goes_back, back_to, 0

    def any(self, wish):
        return wish or self.goes_back

    def of_chief(self, value):
        return self.back_to

    def share(self, variables):
        self.shared += 1


def train_80_images(run_steps, look, go_back, distribution):
    """Trains for 80 images, by calls of 40, with a look after each."""
    starts = []

    def batches_from(shown):
        starts.append(shown)
        while True:
            yield {"images": tf.zeros([4, BATCH, 2, 2, 1]), "labels": tf.zeros([4, BATCH])}

    with StopRequest() as stop:
        outcome = train_with_rollbacks(
            run_steps,
            batches_from,
            go_back,
            SimpleNamespace(images_so_far=lambda: 0, variables=dict),
            distribution,
            rolls_back_non_finite=True,
            stop=stop,
            total_images=80,
            batch_size=BATCH,
            actions=[Action(40, look)],
            on_report=lambda shown, report: None,
        )
    return outcome, starts


def test_a_signal_before_a_rollback_ends_training_after_it():
    calls = []

    def interrupted_at_first(images, labels):
        if not calls:
            os.kill(os.getpid(), signal.SIGTERM)
        calls.append(len(images))
        return {"loss": 1.0}

    def look(shown):
        if len(calls) == 1:
            raise RollBackError("diverging", shown)

    outcome, starts = train_80_images(interrupted_at_first, look, lambda shown, why: 0, ONE_DEVICE)
    assert outcome == (signal.SIGTERM, None)
    # It began again, and stopped before another step.
    assert starts == [0, 0]
    assert len(calls) == 1


@pytest.mark.parametrize(("goes_back", "value"), [(True, 1.0), (False, float("nan"))])
def test_workers_give_up_when_the_chief_does(goes_back, value):
    distribution = Assistant(goes_back)
    act = agreed_look(lambda shown: None, Remedies(), distribution)
    (received, trouble), starts = train_80_images(
        lambda images, labels: {"loss": value}, act, lambda shown, why: 7, distribution
    )
    assert received is None
    assert trouble.images_shown == 40
    assert starts == [0]


def test_a_worker_goes_back_with_the_chief_and_takes_its_state():
    distribution = Assistant(back_to=0.0)
    values = iter([float("nan"), 1.0, 1.0])
    act = agreed_look(lambda shown: None, Remedies(), distribution)
    outcome, starts = train_80_images(
        lambda images, labels: {"loss": next(values)}, act, lambda shown, why: None, distribution
    )
    assert outcome == (None, None)
    assert starts == [0, 0]
    # The state once, and the factors after each of two looks.
    assert distribution.shared == 3
