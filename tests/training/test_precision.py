"""Deterministic kernels are asked of TensorFlow where the config says so, and nowhere else."""

import pytest
import tensorflow as tf

from gan_cli.training.precision import set_determinism


@pytest.mark.parametrize("wanted", [False, True])
def test_the_switch_reaches_tensorflow(monkeypatch, wanted):
    asked = []
    # For the rest of the process, were it called.
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(True))
    set_determinism(wanted)
    assert asked == [True] * wanted
