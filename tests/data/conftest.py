"""What the tests of data share."""

import struct

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError


@pytest.fixture
def problems():
    """Opens the data of a config that cannot be used; returns the lines that say why."""

    def fail(**config) -> list[str]:
        with pytest.raises(UserError) as caught:
            open_splits(DataConfig(**config))
        lines = list(caught.value.problems)
        assert all("\n" not in line for line in lines)
        return lines

    return fail


@pytest.fixture(scope="session")
def idx_bytes():
    """Packs an array as an IDX file."""

    def pack(array, kind: int = 0x08) -> bytes:
        array = np.asarray(array, np.uint8)
        sizes = struct.pack(f">{array.ndim}I", *array.shape)
        return struct.pack(">BBBB", 0, 0, kind, array.ndim) + sizes + array.tobytes()

    return pack
