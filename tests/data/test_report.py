"""The report on the data of a run."""

import json

import numpy as np
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.report import report_on


def test_it_counts_classes_and_what_is_left_out(tmp_path):
    for number in range(80):
        (tmp_path / f"{number % 2}").mkdir(exist_ok=True)
        image = Image.new("L", (9, 9), 3 * number)
        if number >= 4:
            image.putpixel((4, 4), 0)
        image.save(tmp_path / f"{number % 2}" / f"{number}.png")
    (tmp_path / "0" / "damaged.png").write_bytes(b"")
    (tmp_path / "0" / "notes.txt").write_text("no image")
    data = open_splits(DataConfig(source="folder", path=str(tmp_path), on_corrupt="skip"))
    report = report_on(data)
    told = json.loads(json.dumps(report.as_json()))
    assert told["train_images"] + told["holdout_images"] == 80
    both = [told["train_by_class"][name] + told["holdout_by_class"][name] for name in "01"]
    assert both == [40, 40]
    assert (told["skipped"], told["passed_over"], told["shape"]) == (1, 1, [9, 9, 1])
    assert told["brightness"][0] < 30 < 200 < told["brightness"][2] <= 237
    assert told["warnings"] == []
    # Those that were not held out.
    assert 1 <= told["of_one_colour"] <= 4
    assert "are of one colour" in "\n".join(report.lines())
    assert f"class 0: {told['train_by_class']['0']} to train on" in "\n".join(report.lines())


def test_a_set_of_dark_images_and_one_of_one_colour_are_told(tmp_path):
    for number in range(4):
        twelve_bits = np.full((9, 9), 1000 * number, np.uint16)
        Image.fromarray(twelve_bits).save(tmp_path / f"{number}.png")
    config = DataConfig(source="folder", path=str(tmp_path), value_range="type")
    (line,) = report_on(open_splits(config)).warnings()
    assert "of 255: the images are nearly black" in line
    for number in range(4):
        Image.new("RGBA", (9, 9), (255, 255, 255, 60 * number)).save(tmp_path / f"{number}.png")
    (line,) = report_on(open_splits(DataConfig(source="folder", path=str(tmp_path)))).warnings()
    assert line.startswith("all images are of one colour, 255 of 255")


def test_many_images_of_one_colour_among_others_are_told(tmp_path):
    for number in range(20):
        image = Image.effect_noise((9, 9), 50 + number).convert("LA")
        if number < 6:
            image = Image.new("LA", (9, 9), (255, 40 * number))
        image.save(tmp_path / f"{number}.png")
    (line,) = report_on(open_splits(DataConfig(source="folder", path=str(tmp_path)))).warnings()
    assert "images are of one colour: nothing can be learnt from them" in line
    assert "choose another data.background" in line


def test_points_have_no_brightness():
    report = report_on(open_splits(DataConfig(source="points", num_points=200)))
    assert report.brightness is None
    assert report.lines()[0] == "180 to train on, 20 held out, of 1x1x2"
