"""Several replicas against one device: the same batches and seeds give the same training."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.training.distribution import _patterns

HERE = Path(__file__).parent
# Rounding alone, of sums in another order.
TOLERANCE = 1e-5


def outcomes(count, *cases):
    result = subprocess.run(
        [sys.executable, HERE / "replicated.py", str(count), *cases],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


def check(found, tolerance=TOLERANCE):
    for case, deviations in found.items():
        for part in ("state", "report"):
            worst = max(deviations[part], key=deviations[part].get)
            assert deviations[part][worst] < tolerance, (case, worst)
        # Counters, of which every replica has its own.
        assert deviations["steps"] == [20] * len(deviations["steps"])


def test_twenty_steps_on_two_devices_equal_those_on_one():
    """Weights, optimisers and averages, with batch norm, R1 and labels, and with WGAN-GP."""
    check(outcomes(2, "conv", "dcgan"))


def test_slices_on_two_devices_equal_those_on_one():
    check(outcomes(2, "slices"))


def test_recomputation_on_two_devices_equals_that_on_one():
    check(outcomes(2, "recomputed"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "tolerance"),
    # Path length amplifies rounding, which is below 1e-6 after the first step.
    [
        ("memory", TOLERANCE),
        ("mlp", TOLERANCE),
        ("sequence", TOLERANCE),
        ("moving", TOLERANCE),
        ("progan", TOLERANCE),
        ("stylegan2", 1e-3),
    ],
)
def test_everything_else_that_sees_the_batch_equals_too(case, tolerance):
    check(outcomes(2, case), tolerance)


@pytest.mark.slow
def test_four_devices_equal_one():
    check(outcomes(4, "conv", "dcgan", "ada"))


@pytest.mark.slow
def test_float16_scales_its_loss_alike():
    # float16 rounds each replica's sums on its own: a thousandth is one place of its numbers.
    found = outcomes(2, "half")["half"]
    assert max(found["state"].values()) < 1e-2
    # Keras' third variable is the loss scale.
    assert found["state"]["discriminator_optimizer/3"] == 0


@pytest.mark.parametrize(
    ("turns", "patterns"),
    [
        ([], [()]),
        ([(4, 0)], [(False,), (True,)]),
        # Every sixteenth step is a fourth one too.
        ([(4, 0), (16, 0)], [(False, False), (True, False), (True, True)]),
        ([(4, 0), (4, 3)], [(False, False), (False, True), (True, False)]),
    ],
)
def test_only_what_can_be_due_together_is_traced(turns, patterns):
    assert _patterns(turns) == patterns
