"""gan-train --seeds and --sweep: several runs by one command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GAN_TRAIN = Path(sys.executable).parent / "gan-train"
CONFIG = """
name: tiny
seed: 5
data: {source: builtin}
model: {architecture: mlp, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 0.64, steps_per_call: 4, precision: float32}
evaluation: {every_kimg: 0}
"""


def weights(run_dir):
    (manifest,) = run_dir.glob("checkpoints/ckpt-640/manifest.json")
    return json.loads(manifest.read_text())["files"]


def test_each_seed_is_the_run_that_it_is_alone(tmp_path, run):
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    # A module of the standard library's name, which is not to be imported from here.
    (tmp_path / "random.py").write_text("raise SystemExit('imported from the working folder')")
    together = subprocess.run(
        [GAN_TRAIN, "--config=tiny.yaml", "--seeds=5-6", "--run_dir=both"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert together.returncode == 0, together.stderr
    assert "gan-eval --compare both/seed-5 both/seed-6" in together.stdout
    alone = run("gan-train", "--config=tiny.yaml", "--run_dir=alone", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert weights(tmp_path / "both/seed-5") == weights(tmp_path / "alone")
    assert weights(tmp_path / "both/seed-5") != weights(tmp_path / "both/seed-6")
    assert yaml.safe_load((tmp_path / "both/seed-6/config.yaml").read_text())["seed"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds=1,1"], "--seeds: names seed 1 twice"),
        (["--seeds=two"], "--seeds: must be such as 0-63"),
        (["--seeds=4294967296"], "seed"),
        (["--seeds=0-1", "--dry_run"], "--dry_run: is for one run"),
        (["--seeds=0-1", "--set=seed=3"], "--set seed=3: cannot be combined with --seeds"),
        (["--sweep=training.kimg"], "--sweep: training.kimg: must be of the form key.path=a,b,c"),
        (["--sweep=training.kimgs=1,2"], "kimgs"),
        (["--sweep=training.kimg=1,two"], "kimg"),
        (["--sweep=training.kimg=1,2", "--set=training.kimg=3"], "cannot be combined"),
    ],
)
def test_what_cannot_be_swept_is_one_line(tmp_path, arguments, message, run):
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    result = run("gan-train", "--config=tiny.yaml", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_sweep_trains_every_combination_once(tmp_path, run):
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    arguments = ["tiny.yaml", "--sweep=training.batch_size=16,32", "--seeds=5", "--run_dir=all"]
    first = run("gan-train", *arguments, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    trained = [tmp_path / f"all/batch_size={size}/seed-5" for size in (16, 32)]
    assert [len(list(folder.glob("checkpoints/ckpt-640"))) for folder in trained] == [1, 1]
    again = run("gan-train", *arguments, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("finished already") == 2
    assert "no run has a score" in again.stdout
