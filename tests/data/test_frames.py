"""Animations and stacks: their frames as samples."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits


@pytest.fixture
def stacks(tmp_path):
    """Six files of 40 gray frames, of which frame k of file n has level 40 n + k, and one image."""
    kinds = ["gif", "tif", "png", "webp", "tif", "gif"]
    for number, ending in enumerate(kinds):
        frames = [Image.new("L", (9, 9), 40 * number + frame) for frame in range(40)]
        lossless = {"lossless": True} if ending == "webp" else {}
        path = tmp_path / f"{number}.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:], **lossless)
    Image.new("L", (9, 9), 255).save(tmp_path / "6.png")
    return tmp_path


def levels(images):
    return images[:, 4, 4, 0].tolist()


def test_the_first_frame_is_used_and_that_is_said(stacks):
    splits = open_splits(DataConfig(source="folder", path=str(stacks), channels=1))
    found = levels(splits.train.images) + levels(splits.holdout.images)
    assert sorted(found) == [0, 40, 80, 120, 160, 200, 255]
    assert "6 of 7 files are animations or stacks of 40 frames: only the first" in splits.notes[0]


@pytest.mark.parametrize("rule", ["content", "order"])
def test_all_frames_of_a_file_are_on_one_side(stacks, rule):
    config = DataConfig(
        source="folder", path=str(stacks), frames="all", channels=1, holdout_by=rule,
        holdout_fraction=0.3,
    )  # fmt: skip
    splits = open_splits(config)
    train, held = levels(splits.train.images), levels(splits.holdout.images)
    assert sorted(train + held) == [*range(240), 255]
    assert train == sorted(train)
    files = [{level // 40 for level in side} for side in (train, held)]
    assert files[1]
    assert not files[0] & files[1]
    assert "each of their 240 frames is an image" in splits.notes[0]


def test_frames_have_the_class_of_their_file(tmp_path):
    for name, level in (("a", 10), ("b", 20)):
        (tmp_path / name).mkdir()
        frames = [Image.new("L", (9, 9), level + step) for step in range(3)]
        for copy in range(2):
            path = tmp_path / name / f"{copy}.tif"
            frames[0].save(path, save_all=True, append_images=frames[1:], compression="raw")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), frames="all"))
    np.testing.assert_array_equal(splits.train.labels, np.array(levels(splits.train.images)) // 20)


def test_a_damaged_frame_is_named(tmp_path):
    frames = [Image.effect_noise((64, 64), 50).convert("L") for _ in range(8)]
    path = tmp_path / "cut.tif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    Image.new("L", (64, 64)).save(tmp_path / "sound.png")
    content = bytearray(path.read_bytes())
    with Image.open(path) as image:
        image.seek(5)
        # The width of the sixth slice: a number of pixels that nobody has.
        place = image.tag_v2._offset
    entries = int.from_bytes(content[place : place + 2], "little")
    for entry in range(place + 2, place + 2 + 12 * entries, 12):
        if int.from_bytes(content[entry : entry + 2], "little") == 256:
            content[entry + 2 : entry + 12] = b"\4\0\1\0\0\0" + (2**24).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    config = DataConfig(source="folder", path=str(tmp_path), frames="all", on_corrupt="skip")
    splits = open_splits(config)
    (line,) = splits.skipped
    assert "cut.tif, frame 6 of 8: declares 16777216 x 64 pixels" in line
    assert len(splits.train.images) + len(splits.holdout.images) == 8
