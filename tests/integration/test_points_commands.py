"""The three commands on a ring of Gaussians."""

import json

import numpy as np
import pytest
from PIL import Image

CONFIG = """
name: ring
data: {source: points, name: ring8, num_points: 5000}
model: {architecture: points_mlp, latent_dim: 2}
training: {batch_size: 128, kimg: 192, steps_per_call: 50, precision: float32,
  checkpoint_every_kimg: 32, grid_every_kimg: 96}
evaluation: {every_kimg: 96, num_samples: 1000}
"""
LAST = "checkpoints/ckpt-192000/manifest.json"


# Of the session: a worker that comes back to this file does not train once more.
@pytest.fixture(scope="session")
def trained(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("ring")
    (folder / "ring.yaml").write_text(CONFIG)
    result = run("gan-train", "--config=ring.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_training_learns_the_ring_and_draws_it(trained):
    run_dir = trained / "runs/ring"
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    scores = [row for row in rows if "modes_covered" in row]
    assert [row["kimg"] for row in scores] == [96.0, 192.0]
    assert scores[-1]["modes_covered"] == 8
    best = json.loads((run_dir / "checkpoints/best.json").read_text())
    assert best["metric"] == "mode_error"
    assert best["value"] == min(row["mode_error"] for row in scores)
    pictures = sorted(path.name for path in (run_dir / "samples").iterdir())
    assert pictures == ["grid-000000.png", "grid-000096.png", "grid-000192.png", "reals.png"]
    with Image.open(run_dir / "samples/grid-000192.png") as picture:
        assert picture.size == (480, 480)
    assert "Modes covered" in (run_dir / "report.html").read_text()


def test_a_run_that_was_cut_equals_the_whole(trained, cut_equals_whole):
    cut_equals_whole(trained / "ring.yaml", trained / "runs/ring", LAST)


def test_sampling_and_evaluation(trained, run):
    result = run("gan-sample", "--run_dir=runs/ring", "--out=points.npz", cwd=trained)
    assert result.returncode == 0, result.stderr
    assert "points.npz: 2500 points of ckpt-" in result.stdout
    points = np.load(trained / "points.npz")["points"]
    assert points.shape == (2500, 2)
    assert points.dtype == np.float32
    radii = np.linalg.norm(points, axis=1)
    assert np.median(np.abs(radii - 1)) < 0.1

    result = run("gan-eval", "--run_dir=runs/ring", cwd=trained)
    assert result.returncode == 0, result.stderr
    (file,) = (trained / "runs/ring/evaluations").iterdir()
    record = json.loads(file.read_text())
    assert record["scores"]["modes_covered"]["value"] == 8
    assert record["scores"]["modes_covered"]["floor"] == 8
    assert record["num_generated"] == 1000
    assert "high_quality_share" in result.stdout
    assert "within three standard deviations" in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model.architecture=conv", "builds sides of 8 to 256 pixels, got 1x1; use points_mlp"),
        ("data={source: builtin}", "architecture 'points_mlp' builds sides of 1 to 1 pixels, got"),
    ],
)
def test_points_and_images_need_networks_of_their_own(tmp_path, change, message, run):
    (tmp_path / "ring.yaml").write_text(CONFIG)
    command = ["gan-train", "--config=ring.yaml", "--run_dir=x", f"--set={change}"]
    result = run(*command, cwd=tmp_path)
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr.splitlines()[0]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["gan-eval", "--run_dir=runs/ring", "--features=random"],
            "--features: is for images; points are scored by the modes they cover",
        ),
        (["gan-sample", "--run_dir=runs/ring", "--out=folder"], "points are written as one of"),
    ],
)
def test_what_points_cannot_have_is_one_clear_line(trained, arguments, message, run):
    result = run(*arguments, cwd=trained)
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr.splitlines()[0]
