"""The digits, for the feature networks and the evaluator."""

import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import DataSplits, open_splits


@pytest.fixture(scope="session")
def digits() -> DataSplits:
    return open_splits(DataConfig(source="builtin", name="digits"))
