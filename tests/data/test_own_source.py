"""A source of the user's own: one function, or a `Source`, with options and a domain."""

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits, array_collection, numbered_classes
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources import domain_of
from gan_cli.data.sources.source import Source
from gan_cli.domains.images import Images
from gan_cli.errors import UserError


def stripes(config, *, count: int = 40, width: int = 8, tint: float = 1.0) -> SourceSplits:
    """Images of upright stripes of two widths."""
    labels = np.arange(count) % 2
    columns = np.arange(width)
    lit = (columns // (labels[:, None] + 1)) % 2
    images = np.repeat((255 * tint * lit[:, None]).astype(np.uint8), width, axis=1)
    return SourceSplits(
        array_collection(images, labels, numbered_classes(labels), "stripes", f"{count} {tint}")
    )


class Stripes(Images):
    name = "stripes"


def domain(config, *, width: int = 8) -> Stripes:
    return Stripes((width, width, 1))


STRIPES = Source(stripes, domain)


def config(attribute, **keys):
    return DataConfig(source=f"{__name__}:{attribute}", **keys)


def test_a_function_alone_gives_images():
    splits = open_splits(config("stripes", image_size=(8, 12), options={"count": 20}))
    assert splits.domain == Images((8, 12, 1))
    assert len(splits.train.images) + len(splits.holdout.images) == 20
    assert splits.train.class_names == ("0", "1")


def test_a_source_chooses_its_domain_by_its_options():
    chosen = config("STRIPES", options={"width": 10, "tint": 0.5})
    splits = open_splits(chosen)
    assert splits.domain == domain_of(chosen) == Stripes((10, 10, 1))
    assert splits.train.images.shape[1:] == (10, 10, 1)
    assert splits.train.images.max() == 127
    with pytest.raises(
        UserError, match=r"data.image_size: is \(10, 10\) for stripes; leave it out"
    ):
        open_splits(chosen.model_copy(update={"image_size": (8, 8)}))


def test_wrong_options_are_a_line_each():
    with pytest.raises(UserError) as caught:
        open_splits(config("STRIPES", options={"widht": 3, "count": "many"}))
    assert caught.value.problems == (
        "data.options: unknown option 'widht'; did you mean 'width'? (known: count, width, tint)",
        "data.options.count: must be a whole number, got 'many'",
    )


def test_images_have_one_three_or_four_channels():
    with pytest.raises(UserError, match=r"data.channels: must be 1, 3 or 4 for images, got 2"):
        open_splits(config("stripes", channels=2))
