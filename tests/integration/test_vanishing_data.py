"""Images, and what was made of them, that go while a run is on."""

import json
import os
import shutil
import signal
import time

import pytest

from benchmarks.small_runs import write_images

CONFIG = """
name: tiny
data: {source: folder, path: images, cache: disk}
objective: {augmentation: null}
model: {architecture: mlp, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 3.84, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.64, log_every_kimg: 0.064}
evaluation: {every_kimg: 0}
"""


@pytest.fixture
def start(tmp_path, commands):
    """Starts a run of that name; what it returns trains already."""
    write_images(tmp_path / "kept")
    (tmp_path / "tiny.yaml").write_text(CONFIG)

    def start(name):
        if not (tmp_path / "images").exists():
            # With the times of the files, by which they are known again.
            shutil.copytree(tmp_path / "kept", tmp_path / "images")
        running = commands.start(
            "gan-train",
            "--config=tiny.yaml",
            f"--run_dir={name}",
            cwd=tmp_path,
            environment={"GAN_CLI_CACHE": str(tmp_path / "cache")},
        )
        while not running.is_over() and not (tmp_path / name / "checkpoints").exists():
            time.sleep(0.02)
        return running

    return start


def last_checkpoint(run_dir):
    return json.loads((run_dir / "checkpoints/ckpt-3840/manifest.json").read_text())["files"]


def test_images_may_go_and_a_cut_cache_costs_the_steps_since_the_checkpoint(tmp_path, start):
    robbed = start("robbed")
    shutil.rmtree(tmp_path / "images")
    shutil.rmtree(tmp_path / "cache")
    assert robbed.wait().returncode == 0, robbed.wait().stderr

    cut = start("cut")
    for prepared in (tmp_path / "cache/data").glob("*.npy"):
        os.truncate(prepared, 200)
    # Nothing can be said any more, once the file is shorter than what is mapped of it; Python's own
    # list of what its threads were at may break off.
    assert "Bus error" in cut.wait().stderr
    assert cut.wait().returncode in (-signal.SIGBUS, -signal.SIGSEGV)
    again = start("cut").wait()
    assert again.returncode == 0, again.stderr
    assert "resuming at " in again.stdout
    assert last_checkpoint(tmp_path / "cut") == last_checkpoint(tmp_path / "robbed")
