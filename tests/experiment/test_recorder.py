"""What is recorded of a run while it trains."""

import json
from types import SimpleNamespace

import pytest
from recording import Recording

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.recorder import Recorder
from gan_cli.experiment.watchdog import Watchdog
from gan_cli.listener import Quiet
from gan_cli.run.metrics_log import MetricsLog


def open_experiment(folder, training, evaluation, augmentation=None):
    config = Config.model_validate(
        {
            "data": {"source": "builtin", "max_images": 200},
            "model": {
                "architecture": "mlp",
                "latent_dim": 4,
                "generator_channels": 16,
                "discriminator_channels": 16,
            },
            "objective": {"penalties": [], "augmentation": augmentation or "auto"},
            "training": {"batch_size": 4, **training},
            "evaluation": evaluation,
        },
        context=CHOICES,
    )
    return Experiment.open(config, folder)


@pytest.mark.parametrize("fallen", ["generator_optimizer", "discriminator_optimizer"])
def test_a_loss_scale_that_has_fallen_is_reported_of_either_network(tmp_path, fallen):
    experiment = open_experiment(tmp_path, {"precision": "mixed_float16"}, {"every_kimg": 0})
    parts = experiment.config, experiment.data, experiment.run, experiment.state
    recorder = Recorder(*parts, experiment.store, Quiet())
    watchdog = Watchdog(*parts, experiment.step, experiment.store, Quiet())
    for images_shown in (4, 8):
        recorder.on_report(images_shown, dict.fromkeys(experiment.step.report_names, 0.5))
        recorder.log(images_shown)
        watchdog.look(images_shown)
        getattr(experiment.state, fallen).dynamic_scale.assign(0.25)
    scales = [row["loss_scale"] for row in watchdog.metrics.read() if "loss_scale" in row]
    assert scales == [2.0**15, 0.25]
    (line,) = experiment.run.guard.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["images_shown"], entry["signal"], entry["did"]) == (8, "loss_scale", "warned")
    assert entry["detail"].startswith("the loss scale has fallen to 0.25: ")


def test_the_best_checkpoint_has_the_lowest_score_and_a_tie_keeps_the_first(tmp_path):
    evaluation = {"every_kimg": 0.1, "num_samples": 20, "features": "random"}
    experiment = open_experiment(tmp_path, {"precision": "float32", "kimg": 0.25}, evaluation)
    parts = experiment.config, experiment.data, experiment.run, experiment.state
    recorder = Recorder(*parts, experiment.store, Quiet())
    scores = iter([5.0, 5.0, 7.0, 3.0, 3.0])
    recorder._evaluator = SimpleNamespace(track=lambda images: {"fd": next(scores)})
    named = []
    for images_shown in (4, 8, 12, 16, 20):
        recorder.evaluate(images_shown)
        named.append(experiment.store.best_record().checkpoint)
    assert named == ["ckpt-4", "ckpt-4", "ckpt-4", "ckpt-16", "ckpt-16"]
    assert experiment.store.best_record().value == 3.0


@pytest.mark.parametrize(("name", "told"), [("ada", [0.81]), ("diffaugment", [])])
def test_an_augmentation_that_may_leak_is_said_once(tmp_path, name, told):
    experiment = open_experiment(
        tmp_path, {"precision": "float32"}, {"every_kimg": 0}, augmentation={"name": name}
    )
    heard = Recording()
    parts = experiment.config, experiment.data, experiment.run, experiment.state
    recorder = Recorder(*parts, experiment.store, heard)
    at = []
    for step, probability in enumerate([0.2, 0.8, 0.81, 0.9]):
        before = len(heard.messages)
        values = dict.fromkeys(experiment.step.report_names, 0.5)
        recorder.on_report(4 * step, values | {"augmentation_probability": probability})
        if any("has passed 0.8" in line for line in heard.messages[before:]):
            at.append(probability)
    assert at == told


def test_a_damaged_record_of_the_best_is_said_once_and_the_next_score_counts(tmp_path):
    evaluation = {"every_kimg": 0.1, "num_samples": 20, "features": "random"}
    experiment = open_experiment(tmp_path, {"precision": "float32", "kimg": 0.25}, evaluation)
    parts = experiment.config, experiment.data, experiment.run, experiment.state
    said = []
    listener = SimpleNamespace(message=said.append)
    recorder = Recorder(*parts, experiment.store, listener)
    recorder._evaluator = SimpleNamespace(track=lambda images: {"fd": 5.0})
    recorder.evaluate(4)
    (experiment.store.folder / "best.json").write_text('{"checkpoint": "ckpt-4", "metric": 5}')
    recorder.evaluate(8)
    assert [line for line in said if "damaged-best.json" in line] == said[1:2]
    assert experiment.store.best_record().checkpoint == "ckpt-8"


class TestScoresThatDeathPrevented:
    """A checkpoint is saved before it is scored, so a process may die in between."""

    @pytest.fixture
    def experiment(self, tmp_path):
        evaluation = {"every_kimg": 0.1, "num_samples": 20, "features": "random"}
        experiment = open_experiment(tmp_path, {"precision": "float32", "kimg": 0.25}, evaluation)
        experiment.run.samples.mkdir(parents=True)
        return experiment

    def start_at(self, experiment, images_shown):
        """Returns after how many images there are scores, and which checkpoint is best."""
        experiment.state.images_shown.assign(images_shown)
        # The guard's lines are no scores.
        MetricsLog(experiment.run.metrics).append(images_shown, {"diversity": 1.0})
        parts = experiment.config, experiment.data, experiment.run, experiment.state
        recorder = Recorder(*parts, experiment.store, Quiet())
        recorder.start(0.0)
        best = experiment.store.best()
        scored = [row["images_shown"] for row in recorder.metrics.read() if "fd_random" in row]
        return scored, best and best.images_shown

    def test_they_are_taken_at_the_next_start(self, experiment):
        experiment.store.save(experiment.state.variables(), 104)
        assert self.start_at(experiment, 104) == ([104], 104)

    def test_they_are_taken_once(self, experiment):
        self.start_at(experiment, 104)
        assert self.start_at(experiment, 104) == ([104], 104)
        assert self.start_at(experiment, 196) == ([104], 104)

    def test_the_last_one_is_due_at_the_end_though_it_is_no_round_number(self, experiment):
        self.start_at(experiment, 204)
        assert self.start_at(experiment, 252)[0] == [204, 252]

    def test_none_is_due_before_the_first(self, experiment):
        assert self.start_at(experiment, 0) == ([], None)
        assert self.start_at(experiment, 96) == ([], None)

    def test_a_best_checkpoint_that_is_gone_does_not_stand_in_the_way(self, experiment):
        gone = experiment.store.save(experiment.state.variables(), 8)
        experiment.store.mark_best(gone, "fd_random", 0.0)
        experiment.store.forget_after(0)
        assert self.start_at(experiment, 104) == ([104], 104)
