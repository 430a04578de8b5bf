"""The loop: when it stops, what runs when, and what a signal does."""

import os
import signal
import time

import pytest
import tensorflow as tf

from gan_cli.training.loop import Action, DivergedError, compile_steps, train

BATCH = 10


def fake_batches(steps=4):
    while True:
        yield {"images": tf.zeros([steps, BATCH, 2, 2, 1]), "labels": tf.zeros([steps, BATCH])}


def run(run_steps, total_images, actions=(), images_shown=0, **options):
    seen = []
    received = train(
        run_steps,
        fake_batches(),
        images_shown=images_shown,
        total_images=total_images,
        batch_size=BATCH,
        actions=actions,
        on_report=lambda images, report: seen.append(images),
        **options,
    )
    return received, seen


def fine(images, labels):
    return {"loss": 1.0}


def test_the_last_call_takes_only_the_steps_that_are_left():
    steps = []

    def record(images, labels):
        steps.append((int(images.shape[0]), int(labels.shape[0])))
        return {"loss": 0.0}

    received, seen = run(record, total_images=95)
    assert steps == [(4, 4), (4, 4), (2, 2)]
    assert seen == [40, 80, 100]
    assert received is None


def test_a_step_is_traced_as_it_is_written(small_gan, batch):
    """AutoGraph would read and rewrite all of its source, which takes longer than tracing it."""
    gan, states = small_gan(model={"architecture": "mlp"}), []
    draw = gan.step.losses.latents

    def latents(seed):
        states.append(tf.__internal__.autograph.control_status_ctx().status.name)
        return draw(seed)

    gan.step.losses.latents = latents
    images, labels = batch
    compile_steps(gan.step, images.shape[1:], xla=False)(images[None], labels[None])
    assert set(states) == {"DISABLED"}


def test_actions_run_when_due_and_at_the_end_once():
    ran = []
    actions = [
        Action(50, lambda n: ran.append(("a", n))),
        Action(80, lambda n: ran.append(("b", n))),
    ]
    run(fine, total_images=130, actions=actions)
    assert ran == [("a", 80), ("b", 80), ("a", 120), ("a", 130), ("b", 130)]


def test_a_finished_run_does_nothing():
    ran = []
    _, seen = run(fine, 100, [Action(10, ran.append)], images_shown=100)
    assert (ran, seen) == ([], [])


def test_a_value_that_is_not_finite_stops_before_any_action():
    ran = []
    with pytest.raises(DivergedError, match=r"loss not finite at 0\.04 kimg"):
        run(lambda images, labels: {"loss": float("nan")}, 100, [Action(10, ran.append)])
    assert ran == []


@pytest.mark.parametrize(("value", "ends"), [(1.3e13, True), (-2e9, True), (9e8, False)])
def test_a_loss_beyond_all_bounds_stops_like_one_that_is_not_finite(value, ends):
    ran = []

    def steps(images, labels):
        return {"generator_loss": value, "penalty/r1": 1e12}

    if not ends:
        run(steps, 40, [Action(10, ran.append)])
        assert ran == [40]
        return
    with pytest.raises(DivergedError, match=r"^generator_loss beyond 1e\+09 at 0\.04 kimg$"):
        run(steps, 100, [Action(10, ran.append)])
    assert ran == []


def test_the_deadline_stops_it_as_the_end_does():
    ran = []
    end = time.monotonic() + 0.05
    late = [Action(10**8, ran.append)]
    _, seen = run(fine, 10**9, late, time_is_up=lambda: time.monotonic() >= end)
    assert ran == [seen[-1]]
    # Time that is over from the start still trains something.
    assert len(run(fine, 10**9, [], time_is_up=lambda: True)[1]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGXCPU, signal.SIGHUP])
def test_a_signal_finishes_the_call_runs_the_actions_and_puts_the_handlers_back(number):
    before = signal.getsignal(number)
    ran = []

    def interrupted(images, labels):
        os.kill(os.getpid(), number)
        return {"loss": 0.0}

    received, seen = run(interrupted, 1000, [Action(10**6, ran.append)])
    assert received == number
    assert seen == ran == [40]
    assert signal.getsignal(number) is before


def test_a_limit_of_cpu_time_counts_once_and_the_terminal_may_be_written():
    before = signal.getsignal(signal.SIGTTOU)

    def limited(images, labels):
        os.kill(os.getpid(), signal.SIGTTOU)
        os.kill(os.getpid(), signal.SIGXCPU)
        os.kill(os.getpid(), signal.SIGXCPU)
        return {"loss": 0.0}

    received, seen = run(limited, 1000, [])
    assert received == signal.SIGXCPU
    assert seen == [40]
    assert signal.getsignal(signal.SIGTTOU) is before


def test_a_hang_up_that_the_process_ignores_does_not_stop_it():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def hung_up(images, labels):
            os.kill(os.getpid(), signal.SIGHUP)
            return {"loss": 0.0}

        received, _ = run(hung_up, 1000, [])
        assert received is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_slow_call_is_split_into_parts_of_about_a_second_and_stops_between_them(monkeypatch):
    clock, parts = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def slow(images, labels):
        steps = int(images.shape[0])
        # The first step is compiled.
        clock[0] += 0.5 * steps + (30.0 if not parts else 0.0)
        parts.append(steps)
        if len(parts) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return {"loss": float(len(parts))}

    between, reports, ran = [], [], []
    received = train(
        slow,
        fake_batches(steps=6),
        images_shown=0,
        total_images=1000,
        batch_size=BATCH,
        actions=[Action(10**6, ran.append), Action(10**6, ran.append, after_signal=False)],
        on_report=lambda images, report: reports.append((images, report)),
        seconds_per_part=1.0,
        on_part=between.append,
    )
    assert received == signal.SIGINT
    # The first two steps are taken alone.
    assert parts == [1, 1, 2, 2, 2]
    assert between == [10, 20, 40]
    # The mean over the steps, and of the second call over those that were taken.
    assert reports == [
        (60, {"loss": pytest.approx((1 + 2 + 2 * 3 + 2 * 4) / 6)}),
        (80, {"loss": 5}),
    ]
    assert ran == [80]
