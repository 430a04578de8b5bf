"""The small real data sets that ship inside the package."""

import hashlib
from importlib import resources
from io import BytesIO

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits, array_collection, numbered_classes
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError

NAMES = ("digits",)


def open_source(config: DataConfig) -> SourceSplits:
    """Opens the data set called `data.name`.

    digits: 1,797 handwritten digits of 8 x 8 pixels in 17 gray levels, from the test part of
    "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, UCI Machine Learning
    Repository, CC BY 4.0); see `builtin/README.md`.
    """
    name = config.builtin.name
    if name not in NAMES:
        raise UserError(f"data.name: unknown builtin '{name}' (known: {', '.join(NAMES)})")
    file = resources.files("gan_cli.data") / "builtin" / f"{name}.npz"
    content = file.read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    identity = hashlib.sha256(content).hexdigest()
    return SourceSplits(array_collection(images, labels, numbered_classes(labels), name, identity))


SOURCE = Source(open_source)
