"""What the page says about the data of a run."""

import json

import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.report import report_on
from gan_cli.run.directory import RunDirectory
from gan_cli.run.report.page import write_report


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.path.mkdir()
    return run


def test_the_page_shows_the_report_on_the_data(tmp_path, run):
    for number in range(40):
        folder = tmp_path / "data" / f"<{number % 2}>"
        folder.mkdir(parents=True, exist_ok=True)
        side = 20 if number == 7 else 16
        Image.new("L", (side, 16), 3 * number).save(folder / f"{number}.png")
    (tmp_path / "data" / "<0>" / "cut.png").write_bytes(b"")
    config = DataConfig(source="folder", path=str(tmp_path / "data"), on_corrupt="skip")
    splits = open_splits(config)
    report = report_on(splits)
    run.write_data_report(report.as_json(), [*report.skipped])
    assert write_report(run) == []
    page = run.report.read_text()
    trained, held = len(splits.train.images), len(splits.holdout.images)
    assert f"{trained:,} samples were trained on and {held:,} held out, each of 16 x 16" in page
    assert "height x width: 39 of 16x16, 1 of 16x20." in page
    assert "In the files: 40 gray." in page
    assert "1 could not be decoded and 0 other files" in page
    by_class = report.as_json()["train_by_class"]
    assert f"<td>&lt;0&gt;</td><td>{by_class['<0>']}</td>" in page
    assert "images of 16x20 pixels are resized to 16x16" in page


def test_a_run_without_a_report_and_one_with_a_damaged_one(run):
    assert write_report(run) == []
    assert "<h2>Data</h2>" not in run.report.read_text()
    counts = dict.fromkeys(("train_images", "holdout_images", "skipped", "passed_over"), 1)
    lists = {"shape": [], "notes": [], "warnings": [], "brightness": [1.0]}
    sound = counts | lists | {"train_by_class": {}, "holdout_by_class": {}}
    for content in ("{", "[]", json.dumps({"train_images": -1}), json.dumps(sound)):
        run.data_report.write_text(content)
        (line,) = write_report(run)
        assert line.startswith(f"left out of the report: {run.data_report}: is damaged")
        assert "<h2>Data</h2>" not in run.report.read_text()
