"""Images, and what was made of them, that go while a run is on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.chaos import write_images

CONFIG = """
name: tiny
data: {source: folder, path: images, cache: disk}
objective: {augmentation: null}
model: {generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 3.84, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.64, log_every_kimg: 0.064}
evaluation: {every_kimg: 0}
"""


@pytest.fixture
def start(tmp_path):
    """Starts a run of that name; the returned process trains already."""
    write_images(tmp_path / "kept")
    (tmp_path / "tiny.yaml").write_text(CONFIG)

    def start(name):
        if not (tmp_path / "images").exists():
            # With the times of the files, by which they are known again.
            shutil.copytree(tmp_path / "kept", tmp_path / "images")
        process = subprocess.Popen(
            [sys.executable, "-m", "gan_cli.cli.train", "--config=tiny.yaml", f"--run_dir={name}"],
            cwd=tmp_path,
            env=os.environ | {"GAN_CLI_CACHE": str(tmp_path / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while process.poll() is None and not (tmp_path / name / "checkpoints").exists():
            time.sleep(0.02)
        return process

    return start


def last_checkpoint(run_dir):
    return json.loads((run_dir / "checkpoints/ckpt-3840/manifest.json").read_text())["files"]


def test_images_may_go_and_a_cut_cache_costs_the_steps_since_the_checkpoint(tmp_path, start):
    process = start("robbed")
    shutil.rmtree(tmp_path / "images")
    shutil.rmtree(tmp_path / "cache")
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output

    process = start("cut")
    for prepared in (tmp_path / "cache/data").glob("*.npy"):
        os.truncate(prepared, 200)
    output, _ = process.communicate(timeout=400)
    # Nothing can be said any more, once the file is shorter than what is mapped of it.
    assert process.returncode == -signal.SIGBUS, output
    process = start("cut")
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output
    assert "resuming at " in output
    assert last_checkpoint(tmp_path / "cut") == last_checkpoint(tmp_path / "robbed")
