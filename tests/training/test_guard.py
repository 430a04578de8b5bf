"""The guard's signals, when it raises alarms, and what is tolerated."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import pdist

from gan_cli.domains.images import diversity_ratio
from gan_cli.training.guard import Guard, is_skipped

HEALTHY = {
    "discriminator_loss": 1.0,
    "generator_loss": 1.0,
    "ranking_accuracy": 0.8,
    "discriminator_gradient_norm": 2.0,
    "generator_gradient_norm": 0.5,
    "diversity": 0.9,
    "overfitting": 0.1,
    "loss_scale": 2.0**15,
}


def alarms(rows, bounded_loss=True, num_modes=None):
    """Signals by the number of the row that raised them."""
    guard = Guard(bounded_loss=bounded_loss, num_modes=num_modes, grace_images=0)
    found = []
    for number, row in enumerate(rows):
        row = {"images_shown": 1000 * number, **row}
        found += [(number, a.signal, a.is_new) for a in guard.observe(row)]
    return found


def test_healthy_training_is_left_in_peace():
    rng = np.random.default_rng(0)
    rows = [{k: v * rng.uniform(0.8, 1.2) for k, v in HEALTHY.items()} for _ in range(200)]
    assert alarms(rows) == []


@pytest.mark.parametrize(
    ("changed", "signal", "rows_needed"),
    [
        ({"generator_loss": -51.0}, "diverging", 1),
        ({"discriminator_gradient_norm": 201.0}, "diverging", 1),
        ({"ranking_accuracy": 0.981}, "discriminator_won", 5),
        ({"overfitting": 0.51}, "overfitting", 2),
        ({"diversity": 0.49}, "collapse", 2),
        ({"loss_scale": 0.9}, "loss_scale", 1),
    ],
)
def test_an_alarm_is_raised_once_again_after_a_while_and_anew_when_it_had_cleared(
    changed, signal, rows_needed
):
    bad = {**HEALTHY, **changed}
    rows = [HEALTHY] * 12 + [bad] * (rows_needed + 6) + [HEALTHY] + [bad] * rows_needed
    first = 12 + rows_needed - 1
    assert alarms(rows) == [
        (first, signal, True),
        (first + 5, signal, False),
        (len(rows) - 1, signal, True),
    ]


@pytest.mark.parametrize(
    "almost",
    [
        {"generator_loss": 49.0},
        {"generator_gradient_norm": 49.0},
        {"ranking_accuracy": 0.979},
        {"overfitting": 0.49},
        {"diversity": 0.51},
        {"loss_scale": 1.1},
    ],
)
def test_what_is_within_its_limit_raises_none(almost):
    assert alarms([HEALTHY] * 12 + [{**HEALTHY, **almost}] * 10) == []


def test_losses_without_a_scale_and_generators_that_have_just_begun_are_not_judged():
    assert alarms([{**HEALTHY, "generator_loss": 1e4}], bounded_loss=False) == []
    guard = Guard(bounded_loss=True, num_modes=None, grace_images=5000)
    rows = [{**HEALTHY, "diversity": 0.0, "images_shown": shown} for shown in range(0, 8000, 1000)]
    assert [bool(guard.observe(row)) for row in rows] == [False] * 6 + [True, False]


def test_points_are_judged_by_their_modes():
    rows = [{"modes_covered": count} for count in (8, 7, 5, 5)]
    assert alarms(rows, num_modes=8) == [(3, "collapse", True)]


def test_diversity_is_the_mean_distance_of_pairs():
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (20, 12, 10, 3), dtype=np.uint8)
    generated = rng.integers(100, 150, (15, 12, 10, 3), dtype=np.uint8)
    distances = [
        pdist(images.reshape(len(images), -1).astype(float)) for images in (generated, real)
    ]
    expected = distances[0].mean() / distances[1].mean()
    assert diversity_ratio(generated, real) == pytest.approx(expected, rel=1e-9)
    assert diversity_ratio(generated[[0] * 9], real) == pytest.approx(0.0, abs=1e-6)


def test_large_images_are_compared_by_their_means():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (8, 16, 16, 1), dtype=np.uint8)
    flat = rng.integers(0, 256, (8, 16, 16, 1), dtype=np.uint8) // 2
    large, large_flat = (np.kron(x, np.ones((1, 3, 3, 1), np.uint8)) for x in (small, flat))
    assert diversity_ratio(large_flat, large) == pytest.approx(diversity_ratio(flat, small))


def test_only_what_a_step_skips_is_tolerated(small_gan):
    plain, scaled = small_gan().state, small_gan(training={"precision": "mixed_float16"}).state
    norms, loss = ["generator_gradient_norm"], ["generator_loss"]
    assert not is_skipped(norms, plain, skip_non_finite=False)
    assert is_skipped(norms, scaled, skip_non_finite=False)
    assert not is_skipped(loss, scaled, skip_non_finite=False)
    assert is_skipped(loss, plain, skip_non_finite=True)
    plain.generator_ema.trainable_variables[0].assign_add(
        tf.fill(plain.generator_ema.trainable_variables[0].shape, np.nan)
    )
    assert not is_skipped(loss, plain, skip_non_finite=True)


def test_factors_act_on_rates_and_on_the_penalties_that_bound_d(small_gan, batch):
    reports, rates = [], []
    for strong in (False, True):
        gan = small_gan(
            objective={"penalties": [{"name": "r1", "gamma": 1.0}]},
            guard={"on_collapse": "strengthen"},
        )
        if strong:
            remedies = gan.step.remedies
            remedies.strengthen(8.0)
            remedies.lower_learning_rates(0.5)
            remedies.lower_learning_rates(0.5)
        reports.append(gan.step(*batch))
        rates.append(float(gan.state.generator_optimizer.learning_rate.numpy()))
    assert float(reports[1]["penalty/r1"]) == pytest.approx(8 * float(reports[0]["penalty/r1"]))
    assert rates[1] == pytest.approx(rates[0] / 4)


def test_singular_values_are_those_of_numpy(small_gan):
    from gan_cli.training.singular_values import largest_singular_values

    gan = small_gan(model={"conditional": True})
    for model in (gan.state.generator, gan.state.discriminator):
        found = largest_singular_values(model)
        expected = {}
        for index, weight in enumerate(model.variables):
            if weight.trainable and len(weight.shape) >= 2:
                matrix = np.float64(weight.numpy()).reshape(-1, weight.shape[-1])
                name = f"{index}/{weight.name}"
                expected[name] = np.linalg.svd(matrix, compute_uv=False)[0]
        assert found == pytest.approx(expected, rel=1e-6)
        assert len(found) >= 3
    broken = gan.state.discriminator.trainable_variables[0]
    broken.assign(np.full(broken.shape, np.inf))
    assert np.isnan(next(iter(largest_singular_values(gan.state.discriminator).values())))


def test_one_word_says_how_training_goes():
    guard = Guard(bounded_loss=True, num_modes=None, grace_images=2000)
    words = []
    for number, row in enumerate([HEALTHY] * 4 + [{**HEALTHY, "diversity": 0.1}] * 3 + [HEALTHY]):
        guard.observe({"images_shown": 1000 * number, **row})
        words.append(guard.judgement(1000 * number))
    assert words == ["starting"] * 2 + ["healthy"] * 3 + ["collapsing"] * 2 + ["healthy"]
    for _ in range(5):
        guard.observe({"images_shown": 9000, **HEALTHY, "ranking_accuracy": 0.99})
    assert guard.judgement(9000) == "D ahead"
