"""gan-train --seeds: several runs by one command."""

import json
import signal
import subprocess
import sys
import time
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


def gan_train(folder, *arguments):
    (folder / "tiny.yaml").write_text(CONFIG)
    # A module of the standard library's name, which is not to be imported from here.
    (folder / "random.py").write_text("raise SystemExit('imported from the working folder')")
    return subprocess.run(
        [GAN_TRAIN, "--config", "tiny.yaml", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
    )


def weights(run_dir):
    (manifest,) = run_dir.glob("checkpoints/ckpt-640/manifest.json")
    return json.loads(manifest.read_text())["files"]


def test_each_seed_is_the_run_that_it_is_alone(tmp_path, run):
    together = gan_train(tmp_path, "--seeds", "5-6", "--run_dir", "both")
    assert together.returncode == 0, together.stderr
    assert "gan-eval --compare both/seed-5 both/seed-6" in together.stdout
    alone = run("gan-train", "--config=tiny.yaml", "--run_dir=alone", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert weights(tmp_path / "both/seed-5") == weights(tmp_path / "alone")
    assert weights(tmp_path / "both/seed-5") != weights(tmp_path / "both/seed-6")
    assert yaml.safe_load((tmp_path / "both/seed-6/config.yaml").read_text())["seed"] == 6


def test_a_signal_ends_the_run_under_way_and_the_sweep(tmp_path):
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    command = [GAN_TRAIN, "--config", "tiny.yaml", "--seeds=1-2", "--run_dir=both"]
    process = subprocess.Popen(
        [*command, "--set=training.kimg=1000"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    metrics = tmp_path / "both/seed-1/metrics.jsonl"
    for _ in range(1200):
        if metrics.exists() and metrics.stat().st_size:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert "seed 1 did not finish; run the same command to continue from there" in said
    assert list((tmp_path / "both/seed-1/checkpoints").glob("ckpt-*"))
    assert not (tmp_path / "both/seed-2").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds=1,1"], "--seeds: '1,1' names a seed twice"),
        (["--seeds=two"], "--seeds: must be such as 0-63"),
        (["--seeds=4294967296"], "seed"),
        (["--seeds=0-1", "--dry_run"], "--dry_run: is for one run"),
        (["--seeds=0-1", "--set=seed=3"], "--set seed=3: cannot be combined with --seeds"),
    ],
)
def test_what_cannot_be_swept_is_one_line(tmp_path, arguments, message):
    result = gan_train(tmp_path, *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()
