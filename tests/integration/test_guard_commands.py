"""Runs that go wrong on purpose: the right warning, and what its remedy is worth."""

import json
import signal
import time

import numpy as np
import pytest

DIGITS = """
name: bad
data: {source: builtin, image_size: 16}
model: {generator_channels: 16, discriminator_channels: 16}
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
FEW = (
    DIGITS.replace("builtin,", "builtin, max_images: 200,")
    + """
objective: {penalties: [{name: r1, gamma: 1.0e-6}, {name: r2, gamma: 1.0e-6}], augmentation: null}
training: {kimg: 30, precision: float32, log_every_kimg: 1}
guard: {every_kimg: 2, gamma_factor: 100000}
"""
)
SLOW_GENERATOR = (
    DIGITS.replace("image_size: 16", "image_size: 8")
    + """
objective: {penalties: [{name: r1, gamma: 1.0e-6}, {name: r2, gamma: 1.0e-6}], augmentation: null}
training: {kimg: 7, precision: float32, log_every_kimg: 1,
  generator_optimizer: {learning_rate: 5.0e-4}}
guard: {every_kimg: 1, gamma_factor: 100, on_strong_discriminator: strengthen}
"""
)
RING = """
name: ring
data: {source: points, name: ring8}
model: {architecture: points_mlp, latent_dim: 2}
objective: {loss: minimax, n_critic: 5, penalties: [{name: r1, gamma: 1.0e-5}]}
training: {kimg: 600, precision: float32, log_every_kimg: 6}
evaluation: {every_kimg: 20}
guard: {gamma_factor: 10}
"""


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


def test_a_d_that_wins_is_warned_of_and_held_by_a_larger_gamma(tmp_path, train):
    result, _ = train(tmp_path, SLOW_GENERATOR, "run")
    assert result.returncode == 0, result.stderr
    assert "D has won: it tells" in result.stdout
    assert "guard: gamma is now 100 times the config's" in result.stdout
    won = "discriminator_won"
    assert deeds(tmp_path, "run") == [(won, "warned"), (won, "strengthened")]


@pytest.mark.slow
def test_a_d_that_nothing_bounds_wins_on_200_images_and_a_larger_gamma_holds_it(tmp_path, train):
    result, rows = train(tmp_path, FEW, "bad")
    assert "D has won: it tells" in result.stdout
    assert set(deeds(tmp_path, "bad")) == {("discriminator_won", "warned")}
    mended, mended_rows = train(
        tmp_path, FEW, "mended", "--set=guard.on_strong_discriminator=strengthen"
    )
    assert "guard: gamma is now 100000 times the config's" in mended.stdout
    # Pairs that it ranks wrong at the end.
    left = [1 - np.mean([r["ranking_accuracy"] for r in x if "ranking_accuracy" in r][-4:])
            for x in (rows, mended_rows)]  # fmt: skip
    assert left[0] < 0.01
    assert left[1] > 2 * left[0]


@pytest.mark.slow
def test_a_ring_that_collapses_under_minimax_keeps_more_modes_with_a_larger_gamma(tmp_path, train):
    result, rows = train(tmp_path, RING, "bad")
    assert "the generator has collapsed: it makes" in result.stdout
    mended, mended_rows = train(tmp_path, RING, "mended", "--set=guard.on_collapse=strengthen")
    assert "guard: gamma is now 10 times the config's" in mended.stdout
    assert last(mended_rows, "modes_covered") > last(rows, "modes_covered")
    assert last(mended_rows, "mode_error") < last(rows, "mode_error") - 0.1


class TestNonFinite:
    config = FAST.replace("0.2}", "1.0e+30}")

    def test_it_stops_and_keeps_what_the_steps_saw(self, tmp_path, train):
        result, _ = train(tmp_path, self.config, "run")
        assert result.returncode == 1
        assert "training diverged: " in result.stdout
        assert result.stderr == ""
        (facts_file,) = (tmp_path / "run/post_mortem").glob("*.json")
        facts = json.loads(facts_file.read_text())
        assert facts["first_step"] == facts["images_shown"] // 64 - 16
        assert facts["not_finite"]
        with np.load(facts_file.with_suffix(".npz"), allow_pickle=False) as arrays:
            assert arrays["images"].shape == (16, 64, 16, 16, 1)
            # As the step draws them: of its number, from the standard normal distribution.
            assert arrays["latents"].shape == (16, 64, 64)
            assert abs(arrays["latents"].std() - 1) < 0.01
            assert np.unique(arrays["latents"][:, 0, 0]).size == 16

    def test_it_goes_back_as_often_as_it_may_and_then_says_so(self, tmp_path, train):
        flags = ("--set=guard.on_non_finite=rollback", "--set=guard.most_interventions=2")
        result, _ = train(tmp_path, self.config, "run", *flags)
        assert result.returncode == 1
        assert result.stdout.count("guard: back to 0 kimg") == 2
        assert deeds(tmp_path, "run")[-1] == ("non_finite", "gave up")


def test_strengthening_needs_a_penalty(tmp_path, train):
    config = DIGITS + "objective: {penalties: []}\nguard: {on_collapse: strengthen}\n"
    result, _ = train(tmp_path, config, "run")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "guard: 'strengthen' raises the gamma of objective.penalties" in result.stderr
    assert not (tmp_path / "run").exists()
