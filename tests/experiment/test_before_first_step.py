"""What only scores need is prepared when the first score is due, not before the first step."""

import os
import signal
import time
from types import SimpleNamespace

import pytest
from recording import Recording

import gan_cli
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.evaluation import evaluator as evaluators
from gan_cli.experiment import recorder
from gan_cli.experiment.run import run_experiment
from gan_cli.listener import PREPARING_FEATURES
from gan_cli.metrics.features.classifier import build
from gan_cli.run.metrics_log import MetricsLog

_PREPARING = "preparing the features for scores: "


def config(features="classifier", max_images=200, **training):
    sections = {
        "data": {"source": "builtin", "max_images": max_images},
        "model": {"architecture": "mlp", "latent_dim": 4},
        "objective": {"penalties": [], "augmentation": None},
        "training": {
            "batch_size": 4,
            "kimg": 0.08,
            "steps_per_call": 4,
            "precision": "float32",
            **training,
        },
        "evaluation": {"every_kimg": 0.032, "num_samples": 20, "features": features},
    }
    return Config.model_validate(sections, context=CHOICES)


@pytest.fixture
def quick_classifier(monkeypatch):
    """Trains the classifier for a few steps only."""
    quick = SimpleNamespace(**vars(evaluators.FEATURE_NETWORKS))
    quick.load = lambda name: lambda *args: build(*args, steps=40)
    monkeypatch.setattr(evaluators, "FEATURE_NETWORKS", quick)


@pytest.mark.usefixtures("quick_classifier")
def test_the_classifier_is_trained_between_the_steps_and_the_first_score(tmp_path):
    heard = Recording()
    heard.on_report = lambda shown: heard.messages.append(f"step {shown}")
    run_experiment(config(), tmp_path, listener=heard)
    assert (tmp_path / "samples" / "grid-000000.png").is_file()
    places = [
        next(i for i, line in enumerate(heard.messages) if wanted in line)
        for wanted in ("step 16", "step 32", _PREPARING, "features prepared in", "fd_classifier")
    ]
    assert places == sorted(places)
    assert sum(_PREPARING in line for line in heard.messages) == 1


def test_the_clock_stands_still_while_features_are_prepared(tmp_path, monkeypatch):
    scorer = SimpleNamespace(tracked=("fd",), track=lambda generated: {"fd": 1.0})
    recorders = []

    def slow(*_, listener):
        recorders.append((kept[0], kept[0].deadline))
        time.sleep(0.3)
        return scorer

    kept = []
    start = recorder.Recorder.start
    monkeypatch.setattr(
        recorder.Recorder, "start", lambda self, *args: kept.append(self) or start(self, *args)
    )
    monkeypatch.setattr(recorder, "build_evaluator", slow)
    run_experiment(config("random", max_minutes=5), tmp_path, listener=Recording())
    ((ours, before),) = recorders
    assert ours.deadline - before == pytest.approx(0.3, abs=0.2)


@pytest.mark.usefixtures("quick_classifier")
def test_a_signal_gives_up_the_preparation_and_the_resumed_run_scores(tmp_path):
    class Impatient(Recording):
        def progress(self, activity, done, total, detail=""):
            if activity == PREPARING_FEATURES:
                self.counts.append((activity, done))
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.2)

    heard = Impatient()
    # Other images than elsewhere: the cache keeps a classifier that was trained.
    outcome = run_experiment(config(max_images=210), tmp_path, listener=heard)
    assert (outcome.signal, outcome.images_shown) == (signal.SIGTERM, 32)
    assert [done for activity, done in heard.counts if activity == PREPARING_FEATURES] == [1]
    outcome = run_experiment(config(max_images=210), tmp_path, listener=Recording())
    assert (outcome.signal, outcome.images_shown) == (None, 80)
    rows = MetricsLog(tmp_path / "metrics.jsonl").read()
    assert [row["images_shown"] for row in rows if "fd_classifier" in row] == [32, 64, 80]


def test_features_from_a_file_are_opened_before_training(tmp_path):
    (tmp_path / "mine.yaml").write_text("data: {source: builtin}")
    missing = {"evaluation.features": f"keras_file:{tmp_path}/none.keras", "training.kimg": 0.1}
    heard = Recording()
    loaded = gan_cli.load_config(tmp_path / "mine.yaml", missing)
    with pytest.raises(UserError, match=r"none\.keras"):
        gan_cli.train(loaded, tmp_path / "run", listener=heard)
    assert heard.reports == []


def test_a_metric_without_what_it_needs_is_refused_before_a_file_is_written(tmp_path):
    (tmp_path / "mine.yaml").write_text("data: {source: builtin}")
    lacking = {"evaluation.features": "random", "evaluation.metrics": ["class_modes"]}
    with pytest.raises(UserError, match="metric 'class_modes': needs features: classifier"):
        gan_cli.train(gan_cli.load_config(tmp_path / "mine.yaml", lacking), tmp_path / "run")
    assert not (tmp_path / "run").exists()
