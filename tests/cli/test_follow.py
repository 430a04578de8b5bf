"""What is told of a run while it goes on."""

import json

import pytest

from gan_cli.cli.choices import CHOICES
from gan_cli.cli.experiment import Experiment
from gan_cli.cli.follow import RunFollower
from gan_cli.cli.watch import Watch
from gan_cli.config.schema import Config
from gan_cli.run.progress import TrainingProgress


@pytest.mark.parametrize("fallen", ["generator_optimizer", "discriminator_optimizer"])
def test_a_loss_scale_that_has_fallen_is_reported_of_either_network(tmp_path, fallen):
    config = Config.model_validate(
        {
            "data": {"source": "builtin", "max_images": 20},
            "model": {"architecture": "mlp", "latent_dim": 4},
            "objective": {"penalties": []},
            "training": {"precision": "mixed_float16", "batch_size": 4},
            "evaluation": {"every_kimg": 0},
        },
        context=CHOICES,
    )
    experiment = Experiment.open(config, tmp_path)
    parts = experiment.config, experiment.data, experiment.run, experiment.state
    with TrainingProgress(1000, 0) as progress:
        follower = RunFollower(*parts, experiment.store, progress)
        watch = Watch(*parts, experiment.step, experiment.store, progress)
        for images_shown in (4, 8):
            follower.on_report(images_shown, dict.fromkeys(experiment.step.report_names, 0.5))
            follower.log(images_shown)
            watch.look(images_shown)
            getattr(experiment.state, fallen).dynamic_scale.assign(0.25)
    scales = [row["loss_scale"] for row in watch.metrics.read() if "loss_scale" in row]
    assert scales == [2.0**15, 0.25]
    (line,) = experiment.run.guard.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["images_shown"], entry["signal"], entry["did"]) == (8, "loss_scale", "warned")
    assert entry["detail"].startswith("the loss scale has fallen to 0.25: ")
