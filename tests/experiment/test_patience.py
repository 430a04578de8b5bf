"""A run whose score no longer improves ends, and ends at the same step when it is resumed."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from recording import Recording

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.experiment import recorder
from gan_cli.experiment.outcome import Ending
from gan_cli.experiment.patience import images_without_improvement
from gan_cli.experiment.run import run_experiment
from gan_cli.run.checkpoint import CheckpointStore


def config(patience_kimg, every_kimg=0.032):
    sections = {
        "data": {"source": "builtin", "max_images": 200},
        "model": {"architecture": "mlp", "latent_dim": 4},
        "objective": {"penalties": [], "augmentation": None},
        "training": {
            "batch_size": 4,
            "kimg": 0.32,
            "steps_per_call": 4,
            "precision": "float32",
            "patience_kimg": patience_kimg,
        },
        "evaluation": {"every_kimg": every_kimg, "num_samples": 20, "features": "random"},
    }
    return Config.model_validate(sections, context=CHOICES)


@pytest.mark.parametrize(
    ("scores", "waited"),
    [([], 0), ([5], 0), ([5, 4, 3], 0), ([5, 3, 4, 3], 20), ([float("nan"), 3, 3], 10)],
)
def test_waiting_begins_at_the_best_score_and_other_rows_do_not_count(scores, waited):
    rows = [{"images_shown": 10 * n, "fd": score} for n, score in enumerate(scores, 1)]
    rows.append({"images_shown": 1000, "generator_loss": 1.0})
    assert images_without_improvement(rows, "fd") == waited


def test_a_run_ends_when_its_score_has_stalled_and_takes_no_step_more(tmp_path, monkeypatch):
    # From the second score on, every score is worse than the one before.
    values = iter([2.0, 1.0, 3.0, 4.0, 5.0])
    scorer = SimpleNamespace(tracked=("fd",), track=lambda generated: {"fd": next(values)})
    monkeypatch.setattr(recorder, "build_evaluator", lambda *args, **options: scorer)
    outcome = run_experiment(config(0.06), tmp_path, listener=Recording())
    assert (outcome.ending, outcome.images_shown) == (Ending.FINISHED, 128)
    assert CheckpointStore(tmp_path / "checkpoints").best().images_shown == 64
    again = Recording()
    assert run_experiment(config(0.06), tmp_path, listener=again).images_shown == 128
    assert sum("training.patience_kimg" in line for line in again.messages) == 1
    # A run that may wait longer continues.
    assert run_experiment(config(0.09), tmp_path, listener=Recording()).images_shown == 160


def test_patience_without_scores_is_refused():
    with pytest.raises(ValidationError, match="patience_kimg: waits for scores"):
        config(1.0, every_kimg=0)
