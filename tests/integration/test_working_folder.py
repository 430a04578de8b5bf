"""Nothing is imported from the working folder unless a config names it."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest

COMMANDS = Path(sys.executable).parent
CONFIG = """
name: tiny
data: {source: folder, path: images, image_size: 8, holdout_fraction: 0.3}
model: {architecture: mlp, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 8, kimg: 0.064, steps_per_call: 4, precision: float32}
evaluation: {every_kimg: 0}
"""
TRAP = (
    "open({!r}, 'a').write(__name__ + '\\n')\nraise SystemExit('imported from the working folder')"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A config and its images, beside a module of the name of every module that there is."""
    from benchmarks.small_runs import write_images

    folder = tmp_path_factory.mktemp("folder")
    (folder / "tiny.yaml").write_text(CONFIG)
    write_images(folder / "images", most=64)
    network = keras.Sequential(
        [keras.Input([8, 8, 1]), keras.layers.Flatten(), keras.layers.Dense(4)]
    )
    network.save(folder / "network.keras")
    installed = {name.partition(".")[0] for name in sys.modules}
    for name in sys.stdlib_module_names | installed | {"sitecustomize", "usercustomize", "torch"}:
        if not name.startswith("__"):
            (folder / f"{name}.py").write_text(TRAP.format(str(folder / "imported")))
    return folder


@pytest.fixture
def run(folder):
    def run(command: str, *arguments: str) -> str:
        ended = subprocess.run(
            [COMMANDS / command, *arguments], cwd=folder, capture_output=True, text=True
        )
        imported = folder / "imported"
        assert not imported.exists(), imported.read_text()
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


def test_the_trap_works(folder, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import random"], cwd=folder, capture_output=True, text=True
    )
    assert "imported from the working folder" in ended.stderr
    (folder / "imported").unlink()


def test_no_command_and_no_process_that_it_starts_imports_from_there(run):
    # The runs of a sweep, which decode their images in threads, are processes of their own.
    run("gan-train", "--config=tiny.yaml", "--seeds=5", "--run_dir=both")
    run("gan-sample", "--run_dir=both/seed-5", "--out=many", "--until=20")
    # A stranger's network is tried out in a process of its own.
    scored = ("--num_samples=16", "--metrics=frechet", "--features=keras_file:network.keras")
    run("gan-eval", "--run_dir=both/seed-5", "--checkpoint=latest", *scored)
    # So is a generator that a run starts from.
    run("gan-sample", "--run_dir=both/seed-5", "--out=exported", "--export=keras")
    start = "--set=training.init_from=exported/generator.keras"
    run(
        "gan-train",
        "tiny.yaml",
        "--run_dir=tuned",
        start,
        "--set=training.init.networks=[generator]",
    )
