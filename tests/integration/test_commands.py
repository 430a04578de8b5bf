"""The three commands as a user runs them: in processes of their own, on real images."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

BIN = Path(sys.executable).parent
CONFIG = """
name: tiny
data: {source: builtin}
# The steps take more real images than `images_shown` counts.
objective: {generator_batch: fresh}
model: {conditional: true, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 0.96, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.32, grid_every_kimg: 0.48}
evaluation: {every_kimg: 0.48, num_samples: 200, features: random}
"""
LAST = "checkpoints/ckpt-960/manifest.json"


def environment():
    """As on a user's terminal: a log level in it asks for TensorFlow's own lines."""
    return {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}


def start(command, *arguments, cwd):
    """As a user does: TensorFlow is imported by the command itself."""
    return subprocess.run(
        [BIN / command, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a config and a finished run, and what the training printed."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "tiny.yaml").write_text(CONFIG)
    result = start("gan-train", "--config", "tiny.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder, result


def test_training_leaves_a_whole_run_directory(trained):
    folder, result = trained
    run_dir = folder / "runs" / "tiny"
    names = {path.name.split(".out.")[0] for path in run_dir.iterdir()}
    # The guard may warn of so short a training.
    assert names - {"guard.jsonl"} == {
        "config.yaml",
        "environment.json",
        "data.json",
        "split.json",
        "metrics.jsonl",
        "events",
        "samples",
        "checkpoints",
        "report.html",
        ".lock",
    }
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    scores = [row["fd_random"] for row in rows if "fd_random" in row]
    assert len(scores) == 2
    best = json.loads((run_dir / "checkpoints" / "best.json").read_text())
    assert best["value"] == min(scores)
    losses = [row["discriminator_loss"] for row in rows if "discriminator_loss" in row]
    assert np.isfinite(losses).all()
    drawn = {path.name for path in (run_dir / "samples").iterdir()}
    assert drawn >= {"grid-000000.png", "grid-000000.960.png", "reals.png"}
    environment = json.loads((run_dir / "environment.json").read_text())
    assert environment["dataset"]["class_names"] == [str(n) for n in range(10)]
    assert result.stderr == ""


def outcome(run_dir):
    """Returns weights, figures other than times, and pictures."""
    manifest = json.loads((run_dir / LAST).read_text())
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    times = {"images_per_second", "training_seconds"}
    figures = [{name: row[name] for name in row.keys() - times} for row in rows]
    assert len(figures) > 10
    # Others are drawn by the clock.
    names = "grid-000000.png", "grid-000000.960.png", "reals.png"
    return manifest["files"], figures, [(run_dir / "samples" / n).read_bytes() for n in names]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("again", []),
        # On CPUs the kernels are deterministic anyway.
        ("deterministic", ["--set=training.deterministic=true"]),
    ],
)
def test_the_saved_config_alone_repeats_the_run_bit_by_bit(trained, name, more, run):
    folder, _ = trained
    flags = ["--config=runs/tiny/config.yaml", f"--run_dir=runs/{name}", *more]
    result = run("gan-train", *flags, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert outcome(folder / "runs" / name) == outcome(folder / "runs" / "tiny")


def test_a_finished_run_has_nothing_left_to_do(trained, run):
    folder, _ = trained
    before = (folder / "runs/tiny" / LAST).stat().st_mtime_ns
    result = run("gan-train", "--config", "tiny.yaml", "--resume=must", cwd=folder)
    assert result.returncode == 0
    assert (folder / "runs/tiny" / LAST).stat().st_mtime_ns == before


def test_a_signal_saves_says_how_to_go_on_and_the_rest_equals_the_whole(trained, tmp_path, run):
    folder, _ = trained
    command = [BIN / "gan-train", "--config", "tiny.yaml", "--run_dir", tmp_path / "cut"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment()
    )
    while not (tmp_path / "cut" / "checkpoints").is_dir():
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped by SIGTERM after saving; run the same command to continue from" in output
    assert not (tmp_path / "cut" / LAST).exists()

    assert run(*command, cwd=folder).returncode == 0
    manifests = [
        json.loads((run_dir / LAST).read_text())
        for run_dir in (tmp_path / "cut", folder / "runs/tiny")
    ]
    assert manifests[0]["files"] == manifests[1]["files"]


def test_sampling_is_the_same_for_the_same_seeds(trained, run):
    folder, _ = trained
    assert start("gan-sample", "--run_dir=runs/tiny", "--out=grid.png", cwd=folder).returncode == 0
    with Image.open(folder / "grid.png") as grid:
        # A column for each of ten classes.
        assert grid.size == (10 * (8 * 10 + 2) - 4, 6 * (8 * 10 + 2) + 4)
    for out, seeds in (("all.npz", "0-9"), ("two.npz", "3,8")):
        result = run(
            "gan-sample",
            "--run_dir=runs/tiny",
            f"--seeds={seeds}",
            "--classes=3",
            f"--out={out}",
            cwd=folder,
        )
        assert result.returncode == 0, result.stderr
    everything, two = np.load(folder / "all.npz"), np.load(folder / "two.npz")
    np.testing.assert_array_equal(two["images"], everything["images"][[3, 8]])
    assert everything["labels"].tolist() == [3] * 10


def test_evaluation_prints_and_keeps_its_scores(trained):
    folder, _ = trained
    result = start("gan-eval", "--run_dir=runs/tiny", "--num_samples=150", cwd=folder)
    assert result.returncode == 0, result.stderr
    (file,) = (folder / "runs/tiny/evaluations").glob("*.json")
    record = json.loads(file.read_text())
    assert record["num_generated"] == 150
    assert set(record["scores"]) == {
        "fd_random",
        "kd_random",
        "precision",
        "recall",
        "density",
        "checkerboard",
        "coverage",
        "c_t",
        "near_copies_pct",
    }
    assert f"{record['scores']['fd_random']['value']:.4g}" in result.stdout
    assert "not comparable with papers: the features are those of 'random'" in result.stdout
    page = (folder / "runs/tiny/report.html").read_text()
    assert "fd_random" in page
    assert "not comparable with papers" in page
    # Eight strips, twice: a generated image and five neighbours, with a gap between the two.
    with Image.open(file.with_suffix("") / "neighbours.png") as picture:
        scale = picture.width // (13 * 10 + 2)
        assert picture.size == (scale * (13 * 10 + 2), scale * (8 * 10 + 2))


def test_every_checkpoint_is_a_column(trained, tmp_path, run):
    folder, _ = trained
    shutil.copytree(folder / "runs/tiny", tmp_path / "run")
    command = ["gan-eval", "--run_dir=run", "--checkpoint=all", "--metrics=frechet"]
    result = run(*command, "--num_samples=50", "--out=all.json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    records = json.loads((tmp_path / "all.json").read_text())
    assert [record["kimg"] for record in records] == [0.512, 0.64, 0.96]
    assert all("0.64 kimg" in line for line in result.stdout.splitlines() if "metric" in line)
    assert "written: all.json, run/evaluations, run/report.html" in result.stdout


def test_runs_are_compared_and_seeds_summarised(trained, tmp_path, run):
    folder, _ = trained
    for name in ("one", "two"):
        shutil.copytree(folder / "runs/tiny", tmp_path / name)
    config = tmp_path / "two" / "config.yaml"
    config.write_text(config.read_text().replace("seed: 0", "seed: 1"))
    compare = ["gan-eval", "--num_samples=100", "--metrics=frechet", "--out=both.json"]
    result = run(*compare, "--compare", "one", "two", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / "both.json").read_text())
    first, second = record["runs"]
    assert first["scores"] == second["scores"]
    value = first["scores"]["fd_random"]["value"]
    assert f"{value:.4g} ± 0" in result.stdout
    assert record["mean_and_deviation"]["fd_random"] == {"mean": value, "deviation": 0.0}


def test_a_dry_run_describes_everything_and_trains_nothing(trained, tmp_path, run):
    folder, _ = trained
    result = run(
        "gan-train", "--config=tiny.yaml", "--dry_run", f"--run_dir={tmp_path}", cwd=folder
    )
    assert result.returncode == 0, result.stderr
    for part in ("data: ", "device: ", "time: ", "in all", "--verbose"):
        assert part in result.stdout
    assert "latent_dim" not in result.stdout
    # What takes its time is announced, in its order.
    parts = ("dry run: starting", "dry run: data and", "\ndata: ")
    starting, timing, found = map(result.stdout.index, parts)
    assert starting < timing < found
    result = run(
        "gan-train",
        "--config=tiny.yaml",
        "--dry_run",
        "--verbose",
        f"--run_dir={tmp_path}",
        cwd=folder,
    )
    for part in ("latent_dim: 8", "Total params", "FLOPs per sample", "memory, estimated"):
        assert part in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["dry-run-reals.png"]


@pytest.mark.parametrize("command", ["gan-train", "gan-sample", "gan-eval"])
def test_help(command, tmp_path):
    result = start(command, "--help", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.startswith(command)
    assert "--run_dir=..." in result.stdout


BAD_INPUT = {
    "no config flag": (["gan-train"], "--config"),
    "two configs": (
        ["gan-train", "tiny.yaml", "x"],
        "unexpected argument 'x'; the config is 'tiny.yaml'",
    ),
    "missing yaml": (["gan-train", "--config=none.yaml"], "none.yaml: cannot read the config"),
    "unknown flag": (["gan-train", "--confg=x"], "Unknown command line flag 'confg'"),
    "stray argument": (["gan-eval", "--run_dir=runs/tiny", "x"], "unexpected argument 'x'"),
    "missing data": (
        ["gan-train", "--config=tiny.yaml", "--set=data={source: idx, path: /none}"],
        "data.path: /none does not exist",
    ),
    "resolution": (
        # Refused before the data is read: there is none.
        ["gan-train", "--config=tiny.yaml", "--set=data={source: idx, path: ., image_size: 512}"],
        "data.image_size: architecture 'conv' builds sides of 8 to 256 pixels, got 512x512",
    ),
    "smoothing": (
        ["gan-train", "--config=tiny.yaml", "--set=objective.label_smoothing=0.1", "--run_dir=x"],
        "loss 'relativistic' has no target to smooth",
    ),
    "other config": (
        ["gan-train", "--config=tiny.yaml", "--set=seed=1"],
        "runs/tiny: holds a run of another config",
    ),
    "run exists": (["gan-train", "--config=tiny.yaml", "--resume=never"], "holds a run already"),
    "nothing to resume": (
        ["gan-train", "--config=tiny.yaml", "--run_dir=x", "--resume=must"],
        "--resume: is 'must', but x holds no checkpoint",
    ),
    "no run": (["gan-sample", "--run_dir=none", "--out=x.png"], "none: is no run directory"),
    "unknown checkpoint": (
        ["gan-sample", "--run_dir=runs/tiny", "--out=x.png", "--checkpoint=7"],
        "no checkpoint '7' (there are: best, latest, 512, 640, 960)",
    ),
    "unknown class": (
        ["gan-sample", "--run_dir=runs/tiny", "--out=x.png", "--classes=cat"],
        "--classes: no class 'cat' (known: 0, 1,",
    ),
    "zero images": (
        ["gan-sample", "--run_dir=runs/tiny", "--out=x.png", "--grid=0x8"],
        "--grid: must be ROWSxCOLUMNS",
    ),
    "zero samples": (
        ["gan-eval", "--run_dir=runs/tiny", "--num_samples=0"],
        "--num_samples: must be a whole number from 10 to 100000000, got 0",
    ),
    "nothing to score": (["gan-eval"], "--run_dir is required, or --compare, or --fake"),
    "two things to score": (
        ["gan-eval", "--run_dir=runs/tiny", "--real=x", "--fake=y"],
        "--fake: cannot be combined with --run_dir",
    ),
    "a checkpoint of images": (
        ["gan-eval", "--real=x", "--fake=y", "--checkpoint=latest"],
        "--checkpoint: is for runs; --fake has none",
    ),
    "metrics of statistics": (
        ["gan-eval", "--fake=y", "--stats=s.npz", "--metrics=kernel"],
        "--metrics: needs the real images; statistics give the Fréchet distance alone",
    ),
    "a run against itself": (
        ["gan-eval", "--compare", "runs/tiny", "runs/tiny"],
        "--compare: runs/tiny is named twice",
    ),
    "scores into a folder": (
        ["gan-eval", "--run_dir=runs/tiny", "--out=runs"],
        "--out: must be a file, got the folder 'runs'",
    ),
    "unknown metric": (
        ["gan-eval", "--run_dir=runs/tiny", "--metrics=frechett"],
        "--metrics: unknown metric 'frechett'; did you mean 'frechet'?",
    ),
    "unknown features": (
        ["gan-eval", "--run_dir=runs/tiny", "--features=clasifier"],
        "--features: unknown feature network 'clasifier'; did you mean 'classifier'?",
    ),
    "unwritable": (
        ["gan-train", "--config=tiny.yaml", "--run_dir=tiny.yaml/x"],
        "tiny.yaml/x",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_clear_line_and_harms_nothing(trained, case, run):
    folder, _ = trained
    arguments, message = BAD_INPUT[case]
    before = _state_of(folder / "runs")
    result = run(*arguments, cwd=folder)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    first = result.stderr.splitlines()[0]
    assert first.startswith(f"{arguments[0]}: error: ")
    assert message in first
    assert _state_of(folder / "runs") == before
    assert not (folder / "x").exists()


def _state_of(folder: Path) -> dict:
    """Returns when each file was written, but for locks, which are taken before data are read."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(path): path.stat().st_mtime_ns for path in files}


def _with_truncated_checkpoint(folder: Path, run_dir: Path) -> Path:
    """Copies the finished run and cuts its newest checkpoint short; returns the cut file."""
    shutil.copytree(folder / "runs/tiny", run_dir)
    data = next((run_dir / "checkpoints/ckpt-960").glob("state.data*"))
    os.truncate(data, 1000)
    return data


def test_a_truncated_checkpoint_is_not_sampled(trained, tmp_path, run):
    folder, _ = trained
    data = _with_truncated_checkpoint(folder, tmp_path / "run")
    result = run(
        "gan-sample",
        f"--run_dir={tmp_path}/run",
        "--checkpoint=latest",
        f"--out={tmp_path}/x.png",
        cwd=folder,
    )
    assert result.returncode == 2
    assert f"{data}: damaged or missing; remove" in result.stderr
    assert not (tmp_path / "x.png").exists()


def test_training_goes_on_from_behind_a_truncated_checkpoint_to_the_same_end(
    trained, tmp_path, run
):
    folder, _ = trained
    data = _with_truncated_checkpoint(folder, tmp_path / "run")
    result = run("gan-train", f"--run_dir={tmp_path}/run", "--config=tiny.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert f"{data}: damaged or missing; set aside as damaged-960" in result.stdout
    manifests = [
        json.loads((run_dir / LAST).read_text())
        for run_dir in (folder / "runs/tiny", tmp_path / "run")
    ]
    assert manifests[0]["files"] == manifests[1]["files"]
