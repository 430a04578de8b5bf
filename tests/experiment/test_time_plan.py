"""Runs that the clock ends: where schedules end, and that a continued run keeps the plan."""

import signal

import numpy as np
import pytest
from recording import Recording
from test_run_experiment import TINY, assert_equal, weights

from gan_cli.catalog import CHOICES
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.experiment import experiment as module
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.run import run_experiment
from gan_cli.experiment.time_plan import planned_by_time, unchanged
from gan_cli.run.directory import RunDirectory


def config(**training):
    changed = {**TINY, "training": {**TINY["training"], "max_minutes": 5.0, **training}}
    changed["objective"] = {
        "penalties": [{"name": "drift", "gamma": {"start": 1.0, "end": 0.1}}],
        "augmentation": None,
    }
    return Config.model_validate(changed, context=CHOICES)


@pytest.fixture
def speed(monkeypatch):
    """Sets the speed that timed steps seem to have, and counts the measurements."""

    class Speed:
        images_per_second, measured = 0.2, 0

        def measure(self, run_steps, batches, images_per_step, agree):
            # The steps are real ones, and must leave no trace.
            batch = next(iter(batches))
            run_steps(batch["images"], batch["labels"])
            self.measured += 1
            return self.images_per_second

    speed = Speed()
    monkeypatch.setattr(module, "measured_images_per_second", speed.measure)
    return speed


def test_a_run_that_stopped_keeps_its_plan_to_the_bit(tmp_path, speed):
    heard = Recording()
    run_experiment(config(), tmp_path / "whole", listener=heard)
    (line,) = [text for text in heard.messages if text.startswith("max_minutes")]
    # 90 % of 0.2 img/s in 5 minutes, less what has passed of them: at most 54 images.
    planned = RunDirectory(tmp_path / "whole").read_config().training.schedule_kimg
    assert 0.03 < planned <= 0.054
    assert line == (
        f"max_minutes: at 0.2 img/s, 5 minutes show about {planned:.4g} of 0.064 kimg; learning"
        " rates, ramps and intervals follow (training.schedule_kimg sets another end)"
    )

    # The other process has the same plan, however fast its machine is.
    stopped = config(schedule_kimg=planned, kimg=0.064)
    run_experiment(stopped, tmp_path / "stopped", listener=Recording(_stop_at(16)))
    speed.images_per_second = 0.15
    heard = Recording()
    run_experiment(config(), tmp_path / "stopped", listener=heard)
    assert speed.measured == 1
    assert any("the learning rates end their schedule at" in text for text in heard.messages)
    assert_equal(weights(tmp_path / "stopped"), weights(tmp_path / "whole"))

    # And the plan matters: without it the weights are others.
    run_experiment(config(max_minutes=None), tmp_path / "unplanned")
    unplanned, whole = weights(tmp_path / "unplanned"), weights(tmp_path / "whole")
    assert any(not np.array_equal(unplanned[name], whole[name]) for name in whole)


def _stop_at(images):
    def stop(images_shown):
        if images_shown == images:
            signal.raise_signal(signal.SIGINT)

    return stop


def test_timed_steps_leave_the_state_as_it_was(tmp_path):
    experiment = Experiment.open(config(), tmp_path)
    before = {name: v.numpy() for name, v in experiment.state.variables().items()}
    with unchanged(experiment.state):
        batch = next(iter(experiment._batches(0)))
        experiment._compiled_steps()(batch["images"], batch["labels"])
        assert experiment.state.images_so_far() == 16
    for name, variable in experiment.state.variables().items():
        np.testing.assert_array_equal(variable.numpy(), before[name], err_msg=name)


class TestPlan:
    @pytest.fixture(scope="class")
    def resolved(self, tmp_path_factory) -> ResolvedConfig:
        asked = config(kimg=1000.0, checkpoint_every_kimg=None, log_every_kimg=7.0)
        return asked, Experiment.open(asked, tmp_path_factory.mktemp("runs")).config

    def test_it_fits_what_the_config_leaves_open(self, resolved):
        asked, config = resolved
        # 100 img/s for 1,000 s: 90 kimg.
        planned = planned_by_time(config, asked, 100.0, 1000.0)
        training = planned.training
        assert (training.schedule_kimg, training.kimg) == (90.0, 1000.0)
        assert (training.checkpoint_every_kimg, training.grid_every_kimg) == (9.0, 4.5)
        assert (planned.guard.every_kimg, planned.guard.grace_kimg) == (1.8, 9.0)
        # What the config names stays.
        assert (training.log_every_kimg, planned.evaluation.every_kimg) == (7.0, 0.0)

    def test_there_is_none_where_the_images_end_first(self, resolved):
        asked, config = resolved
        assert planned_by_time(config, asked, 10_000.0, 1000.0) is config

    def test_it_is_never_shorter_than_a_step(self, resolved):
        asked, config = resolved
        assert planned_by_time(config, asked, 1e-9, 1.0).training.schedule_kimg == 0.004
