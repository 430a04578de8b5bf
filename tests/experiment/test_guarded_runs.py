"""Runs that go wrong on purpose: the right warning, and what its remedy is worth."""

import json

import numpy as np
import pytest
from recording import Recording

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.errors import UserError
from gan_cli.experiment.run import run_experiment
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog

DIGITS = """
name: bad
data: {source: builtin, image_size: 16}
model: {generator_channels: 16, discriminator_channels: 16}
evaluation: {every_kimg: 0}
"""
FEW = (
    DIGITS.replace("builtin,", "builtin, max_images: 200,")
    + """
objective: {penalties: [{name: r1, gamma: 1.0e-6}, {name: r2, gamma: 1.0e-6}], augmentation: null}
training: {kimg: 30, precision: float32, log_every_kimg: 1}
guard: {every_kimg: 2, gamma_factor: 100000}
"""
)
SLOW_GENERATOR = (
    # Without the low-pass, which makes the first images too much alike for the guard.
    DIGITS.replace("image_size: 16", "image_size: 8").replace(
        "discriminator_channels: 16", "discriminator_channels: 16, options: {low_pass: false}"
    )
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
# Learning rates with which nothing stays finite.
INFINITE = (
    DIGITS
    + """
training: {kimg: 5, precision: float32, log_every_kimg: 0.5,
  generator_optimizer: {learning_rate: 1.0e+30}, discriminator_optimizer: {learning_rate: 1.0e+30}}
"""
)


def train(folder, text, **guard):
    """Returns how a run ended, its messages, and the rows of its metrics."""
    (folder / "config.yaml").write_text(text)
    overrides = {f"guard.{key}": value for key, value in guard.items()}
    config = load_config(folder / "config.yaml", overrides, CHOICES)
    listener = Recording()
    outcome = run_experiment(config, folder / "run", listener=listener)
    rows = MetricsLog(folder / "run/metrics.jsonl").read()
    return outcome, "\n".join(listener.messages), rows


def last(rows, name):
    return next(row[name] for row in reversed(rows) if name in row)


def deeds(folder):
    return [(e["signal"], e["did"]) for e in GuardLog(folder / "run/guard.jsonl").read()]


def test_a_d_that_wins_is_warned_of_and_held_by_a_larger_gamma(tmp_path):
    outcome, said, _ = train(tmp_path, SLOW_GENERATOR)
    assert outcome.ending == "finished"
    assert "D has won: it tells" in said
    assert "guard: gamma is now 100 times the config's" in said
    won = "discriminator_won"
    assert deeds(tmp_path) == [(won, "warned"), (won, "strengthened")]


@pytest.fixture
def two_folders(tmp_path):
    folders = tmp_path / "bad", tmp_path / "mended"
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.mark.slow
def test_a_d_that_nothing_bounds_wins_on_200_images_and_a_larger_gamma_holds_it(two_folders):
    bad, mended = two_folders
    _, said, rows = train(bad, FEW)
    assert "D has won: it tells" in said
    assert set(deeds(bad)) == {("discriminator_won", "warned")}
    _, said, mended_rows = train(mended, FEW, on_strong_discriminator="strengthen")
    assert "guard: gamma is now 100000 times the config's" in said
    # Pairs that it ranks wrong at the end.
    left = [1 - np.mean([r["ranking_accuracy"] for r in x if "ranking_accuracy" in r][-4:])
            for x in (rows, mended_rows)]  # fmt: skip
    assert left[0] < 0.01
    assert left[1] > 2 * left[0]


@pytest.mark.slow
def test_a_ring_that_collapses_under_minimax_keeps_more_modes_with_a_larger_gamma(two_folders):
    bad, mended = two_folders
    _, said, rows = train(bad, RING)
    assert "the generator has collapsed: it makes" in said
    _, said, mended_rows = train(mended, RING, on_collapse="strengthen")
    assert "guard: gamma is now 10 times the config's" in said
    assert last(mended_rows, "modes_covered") > last(rows, "modes_covered")
    assert last(mended_rows, "mode_error") < last(rows, "mode_error") - 0.1


class TestNonFinite:
    def test_it_stops_and_keeps_what_the_steps_saw(self, tmp_path):
        outcome, said, _ = train(tmp_path, INFINITE)
        assert outcome.ending == "diverged"
        (facts_file,) = (tmp_path / "run/post_mortem").glob("*.json")
        assert f"the batches of these steps are in {facts_file.with_suffix('.npz')}" in said
        facts = json.loads(facts_file.read_text())
        # Slow calls, and the first one, are taken in parts of fewer steps.
        steps = facts["images_shown"] // 64 - facts["first_step"]
        assert 1 <= steps <= 16
        assert facts["not_finite"]
        with np.load(facts_file.with_suffix(".npz"), allow_pickle=False) as arrays:
            assert arrays["images"].shape == (steps, 64, 16, 16, 1)
            # As the step draws them: of its number, from the standard normal distribution.
            assert arrays["latents"].shape == (steps, 64, 64)
            assert abs(arrays["latents"].std() - 1) < 0.05
            assert np.unique(arrays["latents"][:, 0, 0]).size == steps

    def test_the_second_start_names_the_way_on_and_takes_no_step(self, tmp_path):
        first, _, _ = train(tmp_path, INFINITE)
        for _ in range(2):
            outcome, said, _ = train(tmp_path, INFINITE)
            assert outcome.ending == "diverged"
            assert outcome.trouble == f"{first.trouble}, when this run was trained last"
            assert "set guard.on_non_finite to rollback" in said
            assert "ready after" not in said
        # Another config is tried.
        _, said, _ = train(tmp_path, INFINITE, on_non_finite="rollback", most_interventions=1)
        assert "guard: back to 0 kimg" in said

    def test_a_run_that_began_without_rollbacks_continues_with_them(self, tmp_path):
        train(tmp_path, INFINITE.replace("e+30", "e-4").replace("kimg: 5", "kimg: 1"))
        (tmp_path / "config.yaml").write_text(INFINITE)
        config = load_config(
            tmp_path / "config.yaml",
            {"guard.on_non_finite": "rollback", "guard.most_interventions": 1},
            CHOICES,
        )
        heard = Recording()
        run_experiment(config, tmp_path / "run", accept_changes=True, listener=heard)
        said = "\n".join(heard.messages)
        assert "resuming at 1.024 kimg" in said
        assert "guard: back to 1.024 kimg, learning rates now 0.5 times" in said

    def test_it_goes_back_as_often_as_it_may_and_then_says_so(self, tmp_path):
        outcome, said, _ = train(tmp_path, INFINITE, on_non_finite="rollback", most_interventions=2)
        assert outcome.ending == "diverged"
        assert said.count("guard: back to 0 kimg") == 2
        assert deeds(tmp_path)[-1] == ("non_finite", "gave up")


def test_strengthening_needs_a_penalty(tmp_path):
    text = DIGITS + "objective: {penalties: []}\nguard: {on_collapse: strengthen}\n"
    with pytest.raises(UserError) as refused:
        train(tmp_path, text)
    (problem,) = refused.value.problems
    assert "guard: 'strengthen' raises the gamma of objective.penalties" in problem
    assert not (tmp_path / "run").exists()
