"""The size and channels that images are brought to, and the sentences that say so."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, Forms
from gan_cli.data.form import choose_form
from gan_cli.errors import UserError


def collection(*images):
    return Collection(
        count=len(images),
        read=lambda index: images[index],
        describe=str,
        labels=None,
        class_names=(),
        identity="",
    )


def image(height, width, channels=3):
    return np.zeros((height, width, channels), np.uint8)


def form_of(images, **config):
    form, notes = choose_form(DataConfig(source="folder", **config), collection(*images), None)
    return (form.height, form.width, form.channels), list(notes)


def test_images_of_one_fitting_size_keep_it_without_a_word():
    assert form_of([image(28, 32)] * 5) == ((28, 32, 3), [])
    assert form_of([image(28, 28, 1)] * 5) == ((28, 28, 1), [])


def test_a_guessed_size_is_told():
    shape, notes = form_of([image(512, 512)] * 300)
    assert shape == (64, 64, 3)
    assert notes == ["data.image_size is not set: images of 512x512 pixels are resized to 64x64"]


@pytest.mark.parametrize(
    ("fit", "what"),
    [
        ("crop", "what juts out is cut off (data.fit: crop)"),
        ("stretch", "their aspect ratio changes (data.fit: stretch)"),
        ("pad", "they get a border (data.fit: pad)"),
    ],
)
def test_another_aspect_ratio_is_told(fit, what):
    images = [image(30, 40), image(500, 300), image(64, 64), image(30, 40)]
    shape, notes = form_of(images, fit=fit)
    assert shape == (64, 64, 3)
    assert notes == [
        "data.image_size is not set: images of 2 sizes, from 30x40 to 500x300 pixels, are resized"
        f" to 64x64; where they have another aspect ratio, {what}",
        "2 of 4 images looked at are enlarged more than 1.5 times and blurred by it; the smallest"
        " has 30x40 pixels",
    ]


def test_what_the_config_asks_for_is_told_without_a_guess():
    shape, notes = form_of([image(8, 8, 1)] * 3, image_size=16)
    assert shape == (16, 16, 1)
    assert notes == [
        "images of 8x8 pixels are resized to 16x16",
        "all images are enlarged more than 1.5 times, which blurs them",
    ]
    assert form_of([image(8, 8, 1)] * 3, image_size=16, channels=1) == ((16, 16, 1), [])


def test_what_happens_to_channels_is_told():
    mixed = [image(16, 16, channels) for channels in (1, 1, 3, 4)]
    shape, notes = form_of(mixed, background="#102030")
    assert shape == (16, 16, 3)
    assert notes == [
        "1 of 4 images looked at has an alpha channel and is composed on #102030, such as"
        " 3 (data.background; data.channels: 4 keeps the channel)",
        "2 of 4 images looked at are gray and are converted to RGB",
    ]
    shape, notes = form_of(mixed, channels=1)
    assert shape == (16, 16, 1)
    assert notes[1:] == ["1 of 4 images looked at is in colour and is converted to gray, such as 2"]
    assert form_of(mixed, channels=4) == ((16, 16, 4), [])


def test_one_image_of_another_size_does_not_change_the_size_of_all():
    images = [image(128, 128)] * 39 + [image(127, 128)]
    shape, notes = form_of(images)
    assert shape == (128, 128, 3)
    assert "images of 127x128 pixels are resized to 128x128" in notes[0]
    assert form_of(images, holdout_by="order")[0] == (64, 64, 3)
    assert form_of([image(128, 128)] * 8 + [image(127, 128)] * 2)[0] == (64, 64, 3)


def test_a_few_colour_images_among_many_gray_ones_are_not_overlooked():
    gray = collection(*[image(32, 32, 1)] * 2000)
    known = Forms(Counter({(32, 32): 2000}), Counter({1: 1996, 3: 4}), is_complete=True)
    from_headers = dataclasses.replace(gray, forms=known)
    config = DataConfig(source="folder")
    form, notes = choose_form(config, from_headers, None)
    assert form.channels == 3
    assert notes == ("1,996 of 2,000 images are gray and are converted to RGB",)
    # Earlier runs looked at some.
    earlier = config.model_copy(update={"holdout_by": "order"})
    assert choose_form(earlier, from_headers, None)[0].channels == 1


def test_quarter_turns_need_squares():
    with pytest.raises(UserError, match="needs square images, and these have 28x32 pixels"):
        form_of([image(28, 32)] * 5, quarter_turns=True)
    assert form_of([image(28, 28)] * 5, quarter_turns=True) == ((28, 28, 3), [])
