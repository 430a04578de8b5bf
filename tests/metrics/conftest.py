"""The digits, for the feature networks and the evaluator."""

import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import DataSplits, open_splits


@pytest.fixture(scope="session")
def digits() -> DataSplits:
    return open_splits(DataConfig(source="builtin", name="digits"))


@pytest.fixture(autouse=True)
def untried(monkeypatch):
    """Leaves out the trial of foreign models in another process, which has tests of its own."""
    for module in ("pretrained", "inception"):
        monkeypatch.setattr(f"gan_cli.metrics.features.{module}.try_out", lambda *arguments: None)
