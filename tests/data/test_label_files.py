"""Classes from labels.csv and dataset.json."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError

FILES = [f"{number // 10:05d}/img{number:08d}.png" for number in range(20)]


@pytest.fixture
def folder(tmp_path):
    """Twenty gray images in two folders, as StyleGAN's tool writes them; image n has level n."""
    for number, file in enumerate(FILES):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9), number).save(tmp_path / file)
    return tmp_path


def classes_of(folder, **keys):
    """Returns the class of each image, in the order of the images, and the notes."""
    splits = open_splits(DataConfig(source="folder", path=str(folder), **keys))
    found = {}
    for part in (splits.train, splits.holdout):
        for image, label in zip(part.images, part.labels, strict=True):
            found[int(image[0, 0, 0])] = part.class_names[label]
    return [found[number] for number in range(20)], splits.notes


def test_dataset_json_replaces_the_folders(folder):
    labels = [[file, number % 12] for number, file in enumerate(FILES)]
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    names, notes = classes_of(folder)
    assert names == [str(number % 12) for number in range(20)]
    assert notes == (f"classes are read from {folder / 'dataset.json'}",)
    assert classes_of(folder, holdout_by="order")[0] == ["00000"] * 10 + ["00001"] * 10


def test_dataset_json_without_labels_makes_no_classes(folder):
    (folder / "dataset.json").write_text('{"labels": null}')
    splits = open_splits(DataConfig(source="folder", path=str(folder)))
    assert splits.train.labels is None
    assert splits.train.class_names == ()


@pytest.mark.parametrize("header", ["", "file,label\n"])
def test_labels_csv_with_or_without_a_header(folder, header):
    rows = [
        f'"{file}",{"even, so" if number % 2 == 0 else "odd"}' for number, file in enumerate(FILES)
    ]
    rows = [row.replace("even, so", '"even, so"') for row in rows]
    (folder / "labels.csv").write_text("\ufeff" + header + "\n".join([*rows, "gone.png,odd"]))
    names, notes = classes_of(folder)
    assert names == ["even, so", "odd"] * 10
    assert "names 1 file that is no image here, such as gone.png" in notes[1]
    assert np.isin(names, ["odd"]).sum() == 10


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("labels.csv", f"{FILES[0]},a", f"no class to 19 of 20 images, such as {FILES[1]}"),
        ("labels.csv", f"{FILES[0]},a\n{FILES[0]},b", "two classes, 'a' and 'b'"),
        ("labels.csv", f"{FILES[0]},a\n{FILES[1]}", "labels.csv:2: must be a file and its class"),
        ("dataset.json", '{"labels": [["x", [0, 1]]]}', "must be pairs"),
        ("dataset.json", "{", "cannot be read: Expecting"),
        ("dataset.json", "[" * 100_000, "cannot be read"),
        ("dataset.json", "[]", "must hold 'labels'"),
    ],
)
def test_what_gives_no_classes_is_one_clear_line(folder, name, text, problem):
    (folder / name).write_text(text)
    with pytest.raises(UserError) as caught:
        classes_of(folder)
    (line,) = caught.value.problems
    assert problem in line
    assert str(folder / name) in line
