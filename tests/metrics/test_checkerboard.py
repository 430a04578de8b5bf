"""The energy of period two, and what the report says about it."""

import numpy as np
import pytest

from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.interpretation import interpret
from gan_cli.metrics.scores.checkerboard import coarser_energy, pattern_energy


@pytest.mark.parametrize("pattern", ["rows", "columns", "both"])
def test_a_pattern_has_the_square_of_its_amplitude(pattern):
    down, across = np.indices((7, 6))
    signs = {"rows": down, "columns": across, "both": down + across}[pattern] % 2
    image = 100 + 6 * signs
    images = np.repeat(image[None, :, :, None], 2, axis=3).astype(np.uint8)
    np.testing.assert_allclose(pattern_energy(images), [9.0])


def test_it_is_the_spectrum_at_the_highest_frequencies():
    images = np.random.default_rng(0).integers(0, 256, [300, 8, 10, 3], np.uint8)
    spectrum = np.abs(np.fft.fft2(images.astype(np.float64), axes=(1, 2))) / 80
    expected = sum(np.square(spectrum[:, y, x]).mean(axis=1) for y, x in ((4, 0), (0, 5), (4, 5)))
    np.testing.assert_allclose(pattern_energy(images), expected)


@pytest.mark.parametrize(
    ("row", "of_two", "of_four"),
    [
        # A wave of period four: a^2 / 2, and nothing of period two.
        ([10, 20, 10, 0], 0.0, 50.0),
        # One of period two.
        ([10, 16, 10, 16], 9.0, 0.0),
        # One pixel of four, 12 brighter: 3^2 / 4 of each of three frequencies.
        ([0, 0, 0, 12], 9.0, 18.0),
    ],
)
def test_period_four_is_told_from_period_two(row, of_two, of_four):
    image = np.tile(np.array(row, np.uint8), (9, 3))[None, :, :10, None]
    np.testing.assert_allclose(coarser_energy(image), [of_four], atol=1e-9)
    np.testing.assert_allclose(coarser_energy(image.transpose(0, 2, 1, 3)), [of_four], atol=1e-9)
    np.testing.assert_allclose(pattern_energy(image[:, :, :8]), [of_two], atol=1e-9)


@pytest.mark.parametrize(
    ("value", "floor", "warns"),
    [(1.9, 1.0, False), (2.1, 1.0, True), (2.1, 1.2, False), (2.1, None, True)],
)
def test_the_report_warns_from_twice_the_floor_on(value, floor, warns):
    score = Score(value, None, floor, None, False, "", 100)
    evaluation = Evaluation({"checkerboard": score}, 100, 100, 100, {}, {}, {})
    said = " ".join(interpret(evaluation, "random"))
    assert ("2.1 times as strong" in said) == warns
