"""The report's part about evaluations."""

import base64
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from gan_cli.domains.grid import image_grid
from gan_cli.run.directory import RunDirectory
from gan_cli.run.report.page import write_report
from gan_cli.run.report.scores import newest_evaluation


def record(kimg, value):
    score = {"value": value, "interval": 0.1, "floor": 0.5, "ceiling": 9.0}
    return {
        "checkpoint": f"ckpt-{kimg}",
        "kimg": kimg,
        "features_sha256": "f",
        "num_generated": 10,
        "num_reference": 20,
        "dataset_fingerprint": "d",
        "seed": 0,
        "scores": {"fd_x": score | {"higher_is_better": False, "source": ""}},
        "class_shares": {"bag": 0.25, "shoe": 0.75},
    }


@pytest.fixture
def run(tmp_path):
    """A run with evaluations of two checkpoints, the later of which is the newest."""
    run = RunDirectory(tmp_path)
    run.evaluations.mkdir()
    for age, (kimg, value) in enumerate([(2, 3.0), (1, 7.0)]):
        path = run.evaluations / f"ckpt-{kimg}.json"
        path.write_text(json.dumps(record(kimg, value)))
        os.utime(path, (1000 - age, 1000 - age))
    return run


@pytest.mark.parametrize("content", ["[{}]", "{}", "{torn", '"text"'])
def test_other_files_beside_the_records_are_left_out(run, content):
    (run.evaluations / "all.json").write_text(content)
    found, problems = newest_evaluation(run, "images")
    assert bool(problems) == content.startswith("{t")
    assert found["checkpoint"] == "ckpt-2"
    assert [plot["title"] for plot in found["plots"]] == ["fd_x by checkpoint"]


@pytest.mark.parametrize("side", [9, 70])
def test_every_class_gets_its_row_of_images(run, side):
    run.config.write_text("name: x\n")
    folder = run.evaluations / "ckpt-2"
    folder.mkdir()
    shades = np.repeat(np.uint8([10, 200]), 3)[:, None, None, None]
    image_grid(np.broadcast_to(shades, (6, side, side, 1)), 3).save(folder / "classes.png")
    rows = newest_evaluation(run, "images")[0]["class_rows"]
    assert list(rows) == ["bag", "shoe"]
    scale = max(round(64 / side), 1)
    for shade, row in zip([10, 200], rows.values(), strict=True):
        with Image.open(io.BytesIO(base64.b64decode(row.partition(",")[2]))) as picture:
            values, counts = np.unique(np.asarray(picture), return_counts=True)
        # Whole images of the class, and no pixel of the other one.
        assert values.tolist() == [shade, 255]
        assert counts[0] == 3 * (side * scale) ** 2
    write_report(run)
    page = run.report.read_text()
    assert page.count('alt="images of class') == 2
    assert page.index("images of class bag") < page.index("images of class shoe")


def test_a_simple_model_has_a_column_and_a_curve(run):
    run.config.write_text("name: x\n")
    content = record(3, 2.0)
    content["baseline"] = "n-gram model"
    content["scores"]["fd_x"]["baseline"] = 0.4321
    points = [{"truncation": t, "judge_bits": t, "reverse_bits": 3 - t} for t in (0.5, 1.0)]
    content["details"] = {"quality_and_diversity": {"generated": points}}
    path = run.evaluations / "ckpt-3.json"
    path.write_text(json.dumps(content))
    os.utime(path, (2000, 2000))
    titles = [plot["title"] for plot in newest_evaluation(run, "images")[0]["plots"]]
    assert titles[0].startswith("Quality against diversity, in bits a character")
    write_report(run)
    page = run.report.read_text()
    assert "<th>n-gram model</th>" in page
    assert "<td>0.4321</td>" in page
    path.unlink()
    write_report(run)
    assert "<th>n-gram model</th>" not in run.report.read_text()
