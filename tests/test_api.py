"""The Python API: what each call returns, and that its files are those of the commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import gan_cli
from gan_cli.errors import UserError
from gan_cli.studio.picture_requests import SeededRequest

CONFIG = """
name: tiny
data: {source: builtin, image_size: [12, 10]}
model: {conditional: true, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 0.32, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.16, learning_rate_schedule: {name: constant}}
evaluation: {every_kimg: 0.16, num_samples: 100, features: random}
"""


class Recording(gan_cli.Listener):
    """Keeps what it hears."""

    def __init__(self):
        self.messages, self.counts, self.reports, self.over = [], [], [], []

    def message(self, text):
        self.messages.append(text)

    def progress(self, activity, done, total, detail=""):
        self.counts.append((activity, done, total))

    def report(self, images_shown, values, images_per_second):
        self.reports.append((images_shown, values, images_per_second))

    def done(self, activity):
        self.over.append(activity)


@pytest.fixture(scope="module")
def config_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "tiny.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def trained(config_path):
    """A finished run, and what its listener heard."""
    listener = Recording()
    run = gan_cli.train(config_path, config_path.parent / "run", listener=listener)
    return run, listener


@pytest.fixture
def run(trained):
    return trained[0]


@pytest.fixture
def generator(run):
    return run.generator()


def test_every_name_of_the_package_can_be_used():
    for name in gan_cli.__all__:
        assert getattr(gan_cli, name) is not None
    assert set(gan_cli.__all__) <= set(dir(gan_cli))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = gan_cli.trian


def test_requests_and_configs_are_checked_without_tensorflow(config_path):
    """A notebook hears of a wrong value at once, before the seconds that TensorFlow takes."""
    code = f"""
import os, sys, gan_cli
assert "gan_cli.api" not in sys.modules
assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
gan_cli.load_config({str(config_path)!r}, {{"training.kimg": 1}})
gan_cli.Walk(seeds=(0, 1)), gan_cli.Grid((2, 3)), gan_cli.Images(count=3), gan_cli.Dataset(10)
gan_cli.Quiet(), gan_cli.Listener(), gan_cli.UserError("x")
assert not {{"tensorflow", "keras", "absl", "rich"}} & sys.modules.keys()
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr


def test_overrides_take_the_place_of_values_in_the_file(config_path):
    plain = gan_cli.load_config(config_path)
    changed = gan_cli.load_config(
        config_path, {"training.kimg": 5, "objective.loss": "hinge", "data.image_size": (8, 8)}
    )
    assert (plain.training.kimg, changed.training.kimg) == (0.32, 5.0)
    assert (changed.objective.loss, changed.data.image_size) == ("hinge", (8, 8))
    assert changed.training.batch_size == plain.training.batch_size
    with pytest.raises(UserError) as caught:
        gan_cli.load_config(config_path, {"training.kim": 5, "objective.loss": "hnge"})
    assert {problem.partition(";")[0] for problem in caught.value.problems} == {
        "overrides: training.kim: unknown key",
        "overrides: objective.loss: unknown loss 'hnge'",
    }


def test_training_returns_the_run(trained, config_path):
    run, _ = trained
    assert run.outcome == "finished"
    assert repr(run) == f"Run('{config_path.parent / 'run'}')"
    assert run.config.name == "tiny"
    assert run.config.objective.penalties is not None  # What the file leaves open is filled in.
    assert [(each.name, each.kimg) for each in run.checkpoints()] == [
        ("ckpt-192", 0.192),
        ("ckpt-320", 0.32),
    ]
    rows = run.metrics()
    losses = {row["images_shown"] for row in rows if "generator_loss" in row}
    scores = {row["images_shown"] for row in rows if "fd_random" in row}
    assert (losses, scores) == ({64, 128, 192, 256, 320}, {192, 320})


def test_a_listener_hears_how_training_goes(trained):
    _, listener = trained
    starts = ("tiny: 1,617 images, on the CPU (", "     0.2 kimg  fd_random")
    for start in starts:
        assert any(message.startswith(start) for message in listener.messages)
    assert ("preparing images", 1797, 1797) in listener.counts
    training = [(shown, total) for kind, shown, total in listener.counts if kind == "training"]
    # The first call is taken in parts, for nobody knows yet how long a step takes.
    assert training == sorted(training)
    assert {(shown, 320) for shown in range(0, 384, 64)} <= set(training)
    assert [shown for shown, _, _ in listener.reports] == [64, 128, 192, 256, 320]
    _, values, images_per_second = listener.reports[-1]
    assert np.isfinite(list(values.values())).all()
    assert {"discriminator_loss", "generator_loss"} <= values.keys()
    assert images_per_second > 0
    assert (listener.over[0], listener.over[-1]) == ("preparing images", "training")


def test_training_again_in_this_process_continues_and_repeats(trained, config_path, tmp_path):
    whole, _ = trained

    def train(kimg):
        changes = {"training.kimg": kimg, "evaluation.every_kimg": 0}
        config = gan_cli.load_config(config_path, changes)
        return gan_cli.train(config, tmp_path / "halves", accept_changes=True)

    half = train(0.192)
    generator = half.generator("latest")
    again = train(0.32).generator("latest")
    assert (generator.kimg, again.kimg) == (0.192, 0.32)
    # A run that was opened earlier finds the newer checkpoint, too.
    assert half.generator("latest").checkpoint == "ckpt-320"
    weights = whole.generator("latest").model.get_weights()
    for one, other in zip(weights, again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_is_opened_from_its_folder(run):
    opened = gan_cli.open_run(str(run.path))
    assert opened.outcome is None
    assert opened.config == run.config
    latest = opened.generator("latest")
    for name in ("320", 320, "ckpt-320"):
        assert opened.generator(name).checkpoint == latest.checkpoint == "ckpt-320"
    np.testing.assert_array_equal(latest.images([5]), run.generator(320).images([5]))


def test_a_generator_says_what_it_is(generator, run):
    best = min((r for r in run.metrics() if "fd_random" in r), key=lambda row: row["fd_random"])
    assert generator.kimg == best["kimg"]
    assert generator.checkpoint == f"ckpt-{best['images_shown']}"
    assert generator.class_names == tuple("0123456789")


def test_images_are_the_pixels_that_the_command_writes(generator, run, gan_sample, tmp_path):
    flags = ("--seeds=3-9,100", "--classes=7,2", "--truncation=0.7")
    gan_sample(f"--run_dir={run.path}", *flags, f"--out={tmp_path / 'some.npz'}")
    images = generator.images([*range(3, 10), 100], classes=("7", 2), truncation=0.7)
    assert (images.shape, images.dtype) == ((8, 12, 10, 1), np.uint8)
    written = np.load(tmp_path / "some.npz")
    np.testing.assert_array_equal(images, written["images"])
    np.testing.assert_array_equal(written["labels"], [7, 2] * 4)
    # The defaults, too: every class in turn, and latents without bounds.
    gan_sample(f"--run_dir={run.path}", "--until=12", f"--out={tmp_path / 'all.npz'}")
    default = generator.images(range(12))
    np.testing.assert_array_equal(default, np.load(tmp_path / "all.npz")["images"])
    np.testing.assert_array_equal(default, generator.images(range(12), classes="all"))
    assert not np.array_equal(images[:7], default[3:10])


def test_the_model_makes_the_images_of_latents(generator):
    latents = generator.latents(range(4))
    assert (latents.shape, latents.dtype) == ((4, 8), np.float32)
    labels = np.arange(4, dtype=np.int32)
    made = generator.model([latents, labels]).numpy()
    assert np.abs(made).max() <= 1.0
    stored = np.clip(np.round((made + 1.0) * 127.5), 0, 255)
    difference = stored - generator.images(range(4)).astype(np.float32)
    # Rounding may differ by a level between a call and the compiled sampler.
    assert np.abs(difference).max() <= 1.0


DRAWN = {
    "grid.png": (gan_cli.Grid((2, 3), seed=5, truncation=0.5), ["--grid=2x3", "--seed=5"]),
    "walk.gif": (
        gan_cli.Walk("linear", seeds=(4, 1), steps=3, classes=(1, 8)),
        ["--walk=linear", "--seeds=4,1", "--steps=3", "--classes=1,8"],
    ),
    "real.webp": (gan_cli.Sheet("real"), ["--sheet=real"]),
    "axes.png": (gan_cli.Axes("pca", axes=2), ["--directions=pca", "--axes=2"]),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_the_file_that_the_command_writes(run, gan_sample, tmp_path, name):
    request, flags = DRAWN[name]
    if getattr(request, "truncation", None) is not None:
        flags = [*flags, f"--truncation={request.truncation}"]
    gan_sample(f"--run_dir={run.path}", *flags, f"--out={tmp_path / name}")
    drawing = run.draw(request)
    written = drawing.save(tmp_path / f"ours-{name}")
    assert written[0].path == tmp_path / f"ours-{name}"
    # Every byte: the pixels, and what the file says about its origin.
    assert (tmp_path / f"ours-{name}").read_bytes() == (tmp_path / name).read_bytes()
    assert isinstance(drawing.image, Image.Image)
    assert len(drawing.frames) == (4 if name == "walk.gif" else 1)


def test_a_search_for_latents_reports_its_progress(run, generator, tmp_path):
    Image.fromarray(generator.images([0])[0, :, :, 0]).save(tmp_path / "photo.png")
    listener = Recording()
    project = gan_cli.Project(tmp_path / "photo.png", classes=0, fit_steps=2)
    assert run.draw(project, listener=listener).image.size
    assert listener.counts
    assert listener.over


def test_evaluating_gives_and_keeps_what_the_command_does(run, tmp_path):
    listener = Recording()
    scored = run.evaluate(("frechet", "copying"), num_samples=60, seed=3, listener=listener)
    out = tmp_path / "scores.json"
    flags = [f"--run_dir={run.path}", "--metrics=frechet,copying", "--num_samples=60", "--seed=3"]
    command = [sys.executable, "-m", "gan_cli.cli.eval", *flags, f"--out={out}"]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = json.loads(json.dumps(scored.record())), json.loads(out.read_text())
    # With another number of threads, sums are taken in another order.
    their_scores = theirs.pop("scores")
    assert ours.pop("scores").keys() == their_scores.keys()
    for name, score in scored.scores.items():
        for figure in ("value", "floor", "ceiling"):
            assert getattr(score, figure) == pytest.approx(their_scores[name][figure], rel=1e-6)
    assert ours == theirs
    score = scored.scores["fd_random"]
    assert (score.count, score.higher_is_better) == (60, False)
    assert score.floor < score.value
    assert scored.checkpoint == run.generator().checkpoint
    assert scored.interpretation
    kept, report = scored.written
    assert kept.parent == run.path / "evaluations"
    assert report == run.path / "report.html"
    assert ("scoring images", 60, 60) in listener.counts


def test_an_export_makes_the_same_images(run, generator, tmp_path):
    (exported,) = run.export(tmp_path / "exported", "saved_model")
    assert exported.name == "saved_model"
    assert exported.largest_error <= exported.format.tolerance
    loaded = tf.saved_model.load(str(tmp_path / "exported" / exported.format.file_name))
    latents, labels = generator.latents(range(3)), np.arange(3, dtype=np.int32)
    images = loaded.signatures["serving_default"](
        latents=tf.constant(latents), labels=tf.constant(labels)
    )["images"]
    np.testing.assert_allclose(images, generator.model([latents, labels]), atol=1e-4)
    assert (tmp_path / "exported" / "model_card.md").is_file()


def test_many_images_go_to_files(run, generator, tmp_path):
    run.write(gan_cli.Images(count=5), tmp_path / "five.npz")
    written = np.load(tmp_path / "five.npz")["images"]
    np.testing.assert_array_equal(written, generator.images(range(5)))
    listener = Recording()
    run.write(gan_cli.Dataset(20), tmp_path / "set", listener=listener)
    folders = {path.parent.name for path in (tmp_path / "set" / "train").rglob("*.png")}
    assert len(folders) == 10
    assert listener.counts[-1][1:] == (20, 20)


def folder(run):
    return run.path.parent


WRONG = {
    "no run": (lambda run: gan_cli.open_run("nowhere"), None, "nowhere: is no run directory"),
    "no config": (lambda run: gan_cli.train("none.yaml"), None, "none.yaml: cannot read"),
    "another config": (
        lambda run: gan_cli.train(
            gan_cli.load_config(folder(run) / "tiny.yaml", {"seed": 1}), run.path
        ),
        "accept_changes",
        "pass accept_changes",
    ),
    "never resume": (
        lambda run: gan_cli.train(folder(run) / "tiny.yaml", run.path, resume="never"),
        "resume",
        "is 'never'",
    ),
    "must resume": (
        lambda run: gan_cli.train(folder(run) / "tiny.yaml", folder(run) / "x", resume="must"),
        "resume",
        "is 'must'",
    ),
    "resume": (
        lambda run: gan_cli.train(folder(run) / "tiny.yaml", run.path, resume="yes"),
        "resume",
        "must be one of auto, never, must, got 'yes'",
    ),
    "checkpoint": (lambda run: run.generator(7), None, "no checkpoint '7' (there are: best"),
    "seeds": (lambda run: run.generator().images([-1]), "seeds", "must be a whole number"),
    "no seeds": (lambda run: run.generator().images([]), "seeds", "at least one"),
    "seeds of latents": (lambda run: run.generator().latents([2.5]), "seeds", "got 2.5"),
    "seeds of latents left out": (
        lambda run: run.generator().latents(None),
        "seeds",
        "must name at least one seed",
    ),
    "class": (
        lambda run: run.generator().images([0], classes="cat"),
        "classes",
        "no class 'cat' (known: 0, 1,",
    ),
    "truncation": (
        lambda run: run.generator().images([0], truncation=-1.0),
        "truncation",
        "must be more than 0",
    ),
    "walk": (lambda run: gan_cli.Walk("curve"), "kind", "must be one of linear, spherical"),
    "steps": (lambda run: gan_cli.Walk(steps=0), "steps", "must be a whole number of at least 1"),
    "no request": (lambda run: run.draw("grid"), "request", "for a picture, got 'grid'"),
    "a request without a drawer": (
        lambda run: run.draw(SeededRequest()),
        "request",
        "SeededRequest has no function here that draws it",
    ),
    "overrides in a list": (
        lambda run: gan_cli.load_config(folder(run) / "tiny.yaml", ["seed=1"]),
        "overrides",
        "must be values by dotted key",
    ),
    "number as a key": (
        lambda run: gan_cli.load_config(folder(run) / "tiny.yaml", {3: 1}),
        "overrides",
        "must be values by dotted key",
    ),
    "bulk request": (
        lambda run: run.draw(gan_cli.Images()),
        "request",
        "for a picture, got Images",
    ),
    "picture request": (
        lambda run: run.write(gan_cli.Grid(), folder(run) / "x.npz"),
        "request",
        "must be Images or Dataset, got Grid",
    ),
    "ending": (
        lambda run: run.draw(gan_cli.Grid()).save("grid.bmp"),
        "path",
        "must end in .png",
    ),
    "metric": (lambda run: run.evaluate("fid"), "metrics", "unknown metric 'fid'"),
    "features": (lambda run: run.evaluate(features="vgg"), "features", "unknown feature network"),
    "few samples": (lambda run: run.evaluate(num_samples=2), "num_samples", "from 10 to"),
    "format": (
        lambda run: run.export(folder(run) / "x", "pickle"),
        "formats",
        "unknown export format 'pickle'",
    ),
    "folder in use": (lambda run: run.export(run.path), "out", "choose a new folder"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_a_user_error_with_its_argument(run, case, tmp_path, monkeypatch):
    call, key, text = WRONG[case]
    before = sorted(run.path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        call(run)
    error = caught.value
    assert error.key == key
    assert text in str(error)
    assert str(error).startswith(f"{key}: " if key else error.problems[0])
    # It speaks to a caller of Python, who has no flags.
    assert "--" not in str(error)
    assert sorted(run.path.rglob("*")) == before
    assert list(Path(tmp_path).iterdir()) == []
