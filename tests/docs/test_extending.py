"""Every example of docs/extending.md and README.md, run as a reader would run it."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

import gan_cli
from gan_cli.errors import UserError

ROOT = Path(__file__).parents[2]
PAGE, README = ((ROOT / name).read_text("utf-8") for name in ("docs/extending.md", "README.md"))
FILE = re.compile(r"```\w+\n(?P<text># file: (?P<name>\S+)\n.*?)```", re.DOTALL)
FILES = {match["name"]: match["text"] for match in FILE.finditer(PAGE + README)}
SMALL = {
    "training.kimg": 0.5,
    "training.batch_size": 20,
    "training.precision": "float32",
    "training.steps_per_call": 5,
    "evaluation.num_samples": 50,
    "evaluation.features": "random",
    "model.latent_dim": 8,
}
IMAGES = sorted(name for name in FILES if name.endswith(".yaml") and name != "patterns.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def patterns(folder):
    config = gan_cli.load_config(folder / "patterns.yaml", {"training.kimg": 60.0})
    return gan_cli.train(config, folder / "runs" / "patterns")


def test_the_page_has_an_example_of_every_part():
    assert len(IMAGES) == 7
    assert {name for name in FILES if name.endswith(".py")} == {
        "my_loss.py",
        "my_penalty.py",
        "my_architecture.py",
        "my_source.py",
        "my_logger.py",
        "my_metric.py",
        "my_picture.py",
        "patterns.py",
        "soft_hinge.py",
    }


@pytest.mark.parametrize("name", IMAGES)
def test_an_example_trains(folder, name):
    config = gan_cli.load_config(folder / name, SMALL)
    run = gan_cli.train(config, folder / "runs" / name)
    assert run.outcome == "finished"
    assert run.generator("latest").images(range(3)).dtype == np.uint8
    asked = yaml.safe_load(FILES[name])
    if name == "logger.yaml":
        figures = (run.path / "figures.csv").read_text()
        assert figures.startswith(f"{run.metrics()[0]['images_shown']},")
    if name == "metric.yaml":
        assert "brightness_error" in run.evaluate(checkpoint="latest").scores
    if name == "penalty.yaml":
        reported = set().union(*run.metrics())
        assert {"penalty/r1", "penalty/my_penalty:PENALTY"} <= reported
    if name == "loss.yaml":
        assert run.config.objective.loss_options == asked["objective"]["loss_options"]


def test_the_example_of_a_picture(folder, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    run = gan_cli.train(
        gan_cli.load_config(folder / "source.yaml", SMALL), folder / "runs" / "source.yaml"
    )
    importlib.import_module("my_picture").main(run.path, tmp_path / "mean.png")
    assert (tmp_path / "mean.png").stat().st_size > 100


def test_a_kind_of_sample_is_trained_sampled_and_scored(patterns, tmp_path):
    assert patterns.outcome == "finished"
    generator = patterns.generator("latest")
    samples = generator.images(range(200))
    assert samples.shape == (200, 8, 1, 1)
    well_formed = (samples[:, 0] == samples[:, 2]) & (samples[:, 0] != samples[:, 1])
    assert well_formed.mean() > 0.5
    scored = patterns.evaluate(checkpoint="latest")
    assert scored.scores["pattern_error"].floor == 0.0
    assert scored.scores["pattern_error"].value < scored.scores["pattern_error"].ceiling / 2
    patterns.write(gan_cli.Images(count=10), tmp_path / "ten.npz", "latest")
    np.testing.assert_array_equal(np.load(tmp_path / "ten.npz")["patterns"], samples[:10])
    patterns.draw(gan_cli.Grid()).save(tmp_path / "grid.png")


def test_a_kind_of_sample_refuses_what_it_does_not_support(patterns, tmp_path):
    with pytest.raises(UserError, match=r"^kind: is not available for patterns"):
        patterns.draw(gan_cli.Walk(seeds=(0, 1)))
    with pytest.raises(UserError, match="is not available for patterns"):
        patterns.export(tmp_path / "exported")
    with pytest.raises(UserError, match=r"patterns are written as one of \.png, "):
        patterns.write(gan_cli.Images(count=10), tmp_path / "folder")
    config = gan_cli.load_config(
        patterns.path.parents[1] / "patterns.yaml",
        {"objective.augmentation": {"name": "diffaugment"}},
    )
    with pytest.raises(UserError, match=r"objective\.augmentation: is not available for patterns"):
        gan_cli.train(config, tmp_path / "run")


def test_a_kind_of_sample_resumes(folder, tmp_path):
    """The same weights in one go and in two."""

    def train(kimg, run):
        constant = {"training.learning_rate_schedule.name": "constant", "training.kimg": kimg}
        config = gan_cli.load_config(folder / "patterns.yaml", constant)
        trained = gan_cli.train(config, tmp_path / run, accept_changes=True)
        return trained.generator("latest").model.get_weights()

    whole, half, again = train(4.0, "whole"), train(2.0, "halves"), train(4.0, "halves")
    assert not np.array_equal(whole[0], half[0])
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one, other)
