"""The peak of memory is measured from where it was forgotten."""

import numpy as np
import pytest

from gan_cli.experiment import peak_memory
from gan_cli.experiment.peak_memory import forget_peak, peak_bytes

_MEBIBYTE = 2**20


def test_a_peak_is_seen_and_forgotten():
    forget_peak()
    before = peak_bytes()
    large = np.ones(128 * _MEBIBYTE, np.uint8)
    assert peak_bytes() - before == pytest.approx(128 * _MEBIBYTE, abs=32 * _MEBIBYTE)
    del large
    assert peak_bytes() > before + 96 * _MEBIBYTE
    forget_peak()
    assert peak_bytes() < before + 64 * _MEBIBYTE


def test_other_systems_say_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(peak_memory, "_PROCESS", tmp_path / "none")
    forget_peak()
    assert peak_bytes() is None
