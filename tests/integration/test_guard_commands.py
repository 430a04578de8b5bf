"""A run whose training diverges, is rolled back, and is killed after that."""

import json
import signal
import time

import pytest

DIGITS = """
name: bad
data: {source: builtin, image_size: 16}
model: {generator_channels: 16, discriminator_channels: 16, options: {low_pass: false}}
evaluation: {every_kimg: 0}
"""
# A hundred times the architecture's own.
FAST = (
    DIGITS
    + """
training: {kimg: 5, precision: float32, log_every_kimg: 0.5,
  generator_optimizer: {learning_rate: 0.2}, discriminator_optimizer: {learning_rate: 0.2}}
"""
)


def command(folder, config, name, *arguments):
    (folder / "bad.yaml").write_text(config)
    return ["gan-train", "--config=bad.yaml", f"--run_dir={name}", *arguments]


@pytest.fixture(scope="session")
def train(run):
    """Returns the finished process and the rows of its metrics."""

    def train(folder, config, name, *arguments):
        result = run(*command(folder, config, name, *arguments), cwd=folder)
        metrics = folder / name / "metrics.jsonl"
        lines = metrics.read_text().splitlines() if metrics.exists() else []
        return result, [json.loads(line) for line in lines]

    return train


def last(rows, name):
    return next(row[name] for row in reversed(rows) if name in row)


def deeds(folder, name):
    log = folder / name / "guard.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(entry["signal"], entry["did"]) for entry in map(json.loads, lines)]


ROLLBACK = ("--set=guard.on_diverging=rollback", "--set=guard.learning_rate_factor=0.1")


@pytest.fixture(scope="session")
def mended(tmp_path_factory, train):
    """The folder of a run that was rolled back, what it said, and its rows."""
    folder = tmp_path_factory.mktemp("mended")
    result, rows = train(folder, FAST, "mended", *ROLLBACK)
    assert result.returncode == 0, result.stderr
    return folder, result, rows


def test_rates_a_hundred_times_too_high_diverge_and_a_rollback_mends_them(tmp_path, train, mended):
    result, rows = train(tmp_path, FAST, "bad")
    assert result.returncode == 0
    assert "warning: at 1.024 kimg training diverges: the generator loss" in result.stdout
    folder, mended_result, mended_rows = mended
    assert "guard: back to 0 kimg, learning rates now 0.1 times the config's" in (
        mended_result.stdout
    )
    assert ("diverging", "rolled back") in deeds(folder, "mended")
    assert last(rows, "diversity") < 0.3 < 0.5 < last(mended_rows, "diversity")
    assert last(mended_rows, "generator_loss") < 10 < last(rows, "generator_loss")


def test_a_kill_after_a_rollback_changes_nothing(tmp_path, commands, mended):
    command_line = command(tmp_path, FAST, "mended", *ROLLBACK)
    cut = commands.start(*command_line, cwd=tmp_path)
    while ("diverging", "rolled back") not in deeds(tmp_path, "mended") and not cut.is_over():
        time.sleep(0.02)
    cut.send_signal(signal.SIGKILL)
    assert cut.wait().returncode == -signal.SIGKILL
    assert commands.run(*command_line, cwd=tmp_path).returncode == 0
    runs = mended[0] / "mended", tmp_path / "mended"
    manifests = [
        json.loads((run / "checkpoints/ckpt-5056/manifest.json").read_text()) for run in runs
    ]
    assert manifests[0]["files"] == manifests[1]["files"]
    # What was done again is told once.
    logs = [(run / "guard.jsonl").read_text() for run in runs]
    assert logs[0] == logs[1]
