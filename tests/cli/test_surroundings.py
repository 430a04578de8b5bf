"""Commands without a home, a user who is known, Unicode or a library that can draw on screen."""

import os
import subprocess
import sys

import pytest

from benchmarks.small_runs import write_images

CONFIG = """
name: tiny
data: {source: folder, path: images, holdout_fraction: 0.3}
model: {architecture: mlp, conditional: true, generator_channels: 8, discriminator_channels: 8,
  latent_dim: 8}
training: {batch_size: 8, kimg: 0.064, steps_per_call: 4, precision: float32}
evaluation: {every_kimg: 0.064, num_samples: 16, features: random}
# Eine Größe.
"""
# Of a user whom the system does not know, as in containers.
COMMAND = """
import pwd, sys
def unknown(number):
    raise KeyError(number)
pwd.getpwuid = unknown
sys.argv[0] = {name!r}
from gan_cli.cli.{module} import entry_point
entry_point()
"""
TAKEN = ("HOME", "LANG", "GAN_CLI_CACHE", "XDG_CACHE_HOME", "TF_CPP_MIN_LOG_LEVEL", "KERAS_HOME")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
# A drawing library that nobody has.
OTHERS = {"MPLBACKEND": "nothing"}


@pytest.fixture
def bare(tmp_path):
    """Runs a command there; returns its end and what it printed, as bytes."""
    write_images(tmp_path / "images", most=48)
    (tmp_path / "images/0").rename(tmp_path / "images/été")
    (tmp_path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")

    def run(name, *arguments):
        environment = {key: value for key, value in os.environ.items() if key not in TAKEN}
        module = name.removeprefix("gan-")
        return subprocess.run(
            [sys.executable, "-c", COMMAND.format(name=name, module=module), *arguments],
            cwd=tmp_path,
            env=environment | ASCII | OTHERS,
            capture_output=True,
        )

    return run


def test_all_commands_work_there_and_say_once_that_nothing_is_kept(bare, tmp_path):
    lost = b": warning: statistics of real images: cannot be saved in the cache: no home directory"
    trained = bare("gan-train", "tiny.yaml", "--run_dir=run")
    assert trained.returncode == 0, trained.stderr
    assert trained.stderr.startswith(b"gan-train" + lost), trained.stderr
    assert trained.stderr.count(b"\n") == 1
    drawn = bare("gan-sample", "--run_dir=run", "--classes=été", "--out=größe.png")
    assert (drawn.returncode, drawn.stderr) == (0, b"")
    assert (tmp_path / "größe.png").exists()
    scored = bare("gan-eval", "--run_dir=run", "--num_samples=16", "--metrics=frechet")
    assert scored.returncode == 0, scored.stderr
    assert scored.stderr.count(b"\n") == scored.stderr.count(b"gan-eval" + lost) == 1
    for ended in (trained, drawn, scored):
        assert ended.stdout.isascii()
    # Not even Keras's settings.
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"images", "tiny.yaml", "run", "größe.png"}
