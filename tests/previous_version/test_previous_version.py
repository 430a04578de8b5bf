"""Runs, pictures and exports of the version before the redesign can still be used: see README.md.

Processors round differently. Where `--inspect` does not find the very same pixels, the picture is
made again by a command, and may then be off by a little.
"""

import importlib
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan_cli.media.decode import read_provenance
from gan_cli.studio.dispatch import RECORDED, draw
from gan_cli.studio.recipes import request_of
from gan_cli.studio.studio import Studio

DATA = Path(__file__).parent / "data"
PICTURES = json.loads((DATA / "pictures.json").read_text())
GREY_LEVELS = 2
# Compressed with losses, brought down to few colours, or with points that move across pixels: here
# the mean counts.
ROUGH = ("grid.jpg", "walk-classes.jpg", "walk-classes.mp4", "styles-walk.gif", "points.png")
# Marked, but with a record from which the pixels cannot be made again.
ORIGIN_ONLY = (
    "pictures/filled.png",
    "pictures/filled-strip.png",
    "pictures/projected-strip.png",
    "pictures/large-strip.png",
    "pictures/projected.npz",
    "pictures/folder/export.json",
    "pictures/set/export.json",
    "pictures/records.tfrecord",
    "run/samples/grid-000001.png",
    "styles/samples/grid-000000.png",
    "points/samples/grid-000064.png",
)
SEEDS = {"run": "0-9", "styles": "0-9", "points": "0-299"}


@pytest.mark.parametrize(
    ("name", "config", "resumed_at", "end", "tolerance"),
    [
        # By the command that began it; the others by the config that a run keeps.
        ("run", "run.yaml", 2.048, 4.0, 2.0),
        # The checkpoint holds what augmentation and path length remember.
        ("styles", "styles/config.yaml", 1.536, 2.016, 0.1),
        ("points", "points/config.yaml", 128.0, 160.0, 2e-3),
    ],
)
def test_a_killed_run_comes_to_the_end_that_it_would_have_had(
    name, config, resumed_at, end, tolerance, run, gan_sample, own
):
    """Up to rounding: on images of another order the mean difference is more than thrice that."""
    log = own / name / "metrics.jsonl"
    before = [line for line in log.read_text().splitlines() if _kimg(line) <= resumed_at]
    result = run("gan-train", f"--config={config}", f"--run_dir={name}", cwd=own)
    assert result.returncode == 0, result.stderr
    assert f"resuming at {resumed_at:g} kimg" in result.stdout
    after = log.read_text().splitlines()
    assert after[: len(before)] == before
    assert _kimg(after[len(before)]) > resumed_at
    assert _kimg(after[-1]) == end
    assert (own / name / "report.html").is_file()

    flags = [f"--run_dir={name}", "--checkpoint=latest", f"--seeds={SEEDS[name]}", "--out=end.npz"]
    result = gan_sample(*flags, cwd=own)
    assert result.returncode == 0, result.stderr
    assert off(own / "finished" / f"{name}.npz", own / "end.npz").mean() <= tolerance


def _kimg(line: str) -> float:
    return json.loads(line)["kimg"]


@pytest.mark.parametrize(
    "name",
    [
        "grid.png",
        "grid.webp",
        "arrays.npz",
        "styles-grid.png",
        "styles-mix.png",
        # Its version took its record for that of more seeds, and could not follow it.
        "styles-real.png",
        "points.npz",
    ],
)
def test_the_command_that_made_a_picture_makes_it_again(name, gan_sample, kept, tmp_path):
    assert_alike(kept / "pictures" / name, make(name, gan_sample, kept, tmp_path))


@pytest.mark.parametrize("name", [n for n, entry in PICTURES.items() if entry.get("equal", True)])
def test_pictures_are_generated_again_from_their_records(name, gan_sample, kept, tmp_path):
    run_dir, files = PICTURES[name]["run"], single_files(kept / "pictures" / name, tmp_path)
    unequal = []
    for part, file in files.items():
        result = gan_sample(f"--inspect={file}", f"--run_dir={run_dir}", cwd=kept)
        if result.returncode or "  equal: all " not in result.stdout:
            # Not by a refusal, nor by other weights: by pixels.
            assert "  NOT equal: all " in result.stdout, result.stdout + result.stderr
            unequal.append(part)
    if unequal:
        if PICTURES[name].get("from_record"):
            made = drawn_from_record(kept / "pictures" / name, kept / run_dir, tmp_path / name)
        else:
            made = make(name, gan_sample, kept, tmp_path)
        again = single_files(made, tmp_path / "again")
        for part in unequal:
            assert_alike(files[part], again[part])


@pytest.mark.parametrize("name", ORIGIN_ONLY)
def test_what_cannot_be_made_again_says_where_it_comes_from(name, gan_sample, kept):
    result = gan_sample(f"--inspect={name}", cwd=kept)
    assert result.returncode == 0, result.stderr
    assert "software:            gan-cli 0.1.0" in result.stdout
    assert re.search(r"model SHA-256:       [0-9a-f]{64}", result.stdout)


def test_a_signature_is_intact(gan_sample, kept):
    pytest.importorskip("c2pa")
    result = gan_sample("--inspect=pictures/signed.png", cwd=kept)
    assert "content credentials: intact, signed as 'Artist, Studio'" in result.stdout


def test_a_picture_without_a_mark_says_nothing(gan_sample, kept):
    result = gan_sample("--inspect=pictures/unmarked.png", cwd=kept)
    assert (result.returncode, "carries no record" in result.stdout) == (1, True)


def test_an_unfinished_folder_is_gone_on_with(gan_sample, own):
    folder = own / "pictures" / "folder"
    before = {path.name: path.read_bytes() for path in folder.glob("*.png")}
    flags = ["--run_dir=run", "--until=5", "--seed=40", "--truncation=1.5"]
    result = gan_sample(*flags, "--out=pictures/folder", cwd=own)
    assert result.returncode == 0, result.stderr
    assert "3 of them there already" in result.stdout
    after = {path.name: path.read_bytes() for path in folder.glob("*.png")}
    assert len(after) == 5
    assert before.items() <= after.items()


def test_a_run_is_scored_against_the_kept_statistics(run, own):
    flags = ["--run_dir=run", "--stats=statistics.npz", "--metrics=frechet", "--out=new.json"]
    result = run("gan-eval", *flags, cwd=own)
    if "statistics of another network, 'random' with SHA-256" in result.stderr:
        # The hash covers a scale that is measured, and so is another where numbers round otherwise.
        with np.load(own / "statistics.npz") as arrays:
            figures = {key: arrays[key] for key in ("mu", "sigma", "num_images")}
        np.savez(own / "statistics.npz", **figures)
        result = run("gan-eval", *flags, cwd=own)
    assert result.returncode == 0, result.stderr
    old = json.loads((own / "run/evaluations/ckpt-2048-random-200.json").read_text())
    new = json.loads((own / "new.json").read_text())
    for key in ("weights_sha256", "dataset_fingerprint", "features", "num_generated"):
        assert new[key] == old[key]
    known, found = (record["scores"]["fd_random"]["value"] for record in (old, new))
    assert found == pytest.approx(known, rel=1e-3)
    assert "fd_random" in (own / "run/report.html").read_text()


def test_points_are_scored(run, own):
    (file,) = (own / "points/evaluations").glob("*.json")
    old = json.loads(file.read_text())["scores"]
    result = run("gan-eval", "--run_dir=points", "--out=new.json", cwd=own)
    assert result.returncode == 0, result.stderr
    new = json.loads((own / "new.json").read_text())["scores"]
    for name in ("modes_covered", "high_quality_share", "mode_error"):
        assert new[name]["value"] == pytest.approx(old[name]["value"], abs=0.01)


class TestExports:
    """Each gives the images that the run gave, of the same latents and classes."""

    def test_keras(self):
        model = self.keras_model("run")
        latents, labels, images = self.known("run")
        assert_grey_levels(model([latents, labels], training=False), images)

    def test_keras_of_styles(self):
        latents, _, images = self.known("styles")
        assert_grey_levels(self.keras_model("styles")([latents], training=False), images)

    def test_saved_model(self):
        import tensorflow as tf

        latents, labels, images = self.known("run")
        signatures = tf.saved_model.load(str(DATA / "export/run/saved_model")).signatures
        given = {"latents": tf.constant(latents), "labels": tf.constant(labels)}
        assert_grey_levels(signatures["serving_default"](**given)["images"], images)
        assert {"serving_default", "generate"} <= set(signatures)

    def test_onnx(self):
        onnxruntime = pytest.importorskip("onnxruntime")
        latents, labels, images = self.known("run")
        file = DATA / "export/run/generator.onnx"
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        (made,) = session.run(None, {"latents": latents, "labels": labels})
        assert_grey_levels(made, images)

    @pytest.mark.parametrize(
        ("name", "levels"),
        [("generator", 2), ("generator-float16", 2), ("generator-int8", 10)],
    )
    @pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
    def test_litert(self, name, levels):
        import tensorflow as tf

        interpreter = tf.lite.Interpreter(str(DATA / f"export/run/{name}.tflite"))
        latents, labels, images = self.known("run")
        (made,) = interpreter.get_signature_runner()(latents=latents, labels=labels).values()
        assert_grey_levels(made, images, levels)

    def keras_model(self, name):
        """Read as its card says."""
        import keras

        folder = DATA / "export" / name
        (line,) = re.findall(
            "before loading it, import (.*)", (folder / "model_card.md").read_text()
        )
        for module in re.findall("`(.+?)`", line):
            importlib.import_module(module)
        return keras.saving.load_model(folder / "generator.keras", safe_mode=True)

    def known(self, name):
        """Latents, classes and images of the first seeds."""
        with np.load(DATA / "latents.npz") as latents:
            latents = latents[name]
        with np.load(
            DATA / "pictures" / {"run": "arrays.npz"}.get(name, f"{name}-arrays.npz")
        ) as a:
            return latents, a.get("labels"), a["images"]


def make(name, gan_sample, kept, folder):
    """Makes a picture once more, and returns its path."""
    entry, out = PICTURES[name], folder / name
    flags = shlex.split(entry.get("again") or entry["made"])
    result = gan_sample(f"--run_dir={entry['run']}", *flags, f"--out={out}", cwd=kept)
    assert result.returncode == 0, result.stderr
    return out


def drawn_from_record(path: Path, run_dir: Path, out: Path) -> Path:
    """Draws a picture in the layout of its record, which differs from that of today's command."""
    studio = Studio.open(run_dir)
    recipe = read_provenance(path).recipe
    draw(studio, request_of(recipe, RECORDED, studio.latent_sizes)).save(out)
    return out


def single_files(path: Path, folder: Path) -> dict[str, Path]:
    """What --inspect takes one by one, by name: a file, those below a folder, or those of records.

    Args:
      folder: where records are unpacked to.
    """
    if path.is_dir():
        return {str(file.relative_to(path)): file for file in path.rglob("*.png")}
    if path.suffix != ".tfrecord":
        return {path.name: path}

    import tensorflow as tf

    folder.mkdir(exist_ok=True)
    files = {}
    for record in tf.data.TFRecordDataset(str(path)):
        features = tf.train.Example.FromString(record.numpy()).features.feature
        name = f"{features['seed'].int64_list.value[0]}.png"
        files[name] = folder / name
        files[name].write_bytes(features["image/encoded"].bytes_list.value[0])
    return files


def assert_alike(one: Path, other: Path) -> None:
    """Not equal, but to the eye; of points, to a thousandth."""
    difference = off(one, other)
    if one.name in ROUGH:
        assert difference.mean() <= GREY_LEVELS
    else:
        assert difference.max() <= (1e-3 if one.name == "points.npz" else GREY_LEVELS)


def off(one: Path, other: Path) -> np.ndarray:
    first, second = values_of(one), values_of(other)
    assert first.shape == second.shape
    return np.abs(first - second)


def values_of(path: Path) -> np.ndarray:
    """Pixels of every frame, or the points."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return arrays["points" if "points" in arrays else "images"].astype(float)
    if path.suffix == ".mp4":
        av = pytest.importorskip("av")
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    else:
        with Image.open(path) as image:
            frames = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    return np.stack(frames).astype(float)


def assert_grey_levels(made, images: np.ndarray, levels: int = GREY_LEVELS) -> None:
    """That a generator's values, meant for [-1, 1], are these images, uint8, up to some levels."""
    pixels = np.clip(np.round((np.asarray(made) + 1.0) * 127.5), 0, 255)
    assert pixels.shape == images.shape
    assert np.abs(pixels - images).max() <= levels
