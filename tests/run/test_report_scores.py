"""The report's part about evaluations."""

import json
import os

import pytest

from gan_cli.run.directory import RunDirectory
from gan_cli.run.report_scores import newest_evaluation


def record(kimg, value):
    score = {"value": value, "interval": 0.1, "floor": 0.5, "ceiling": 9.0}
    return {
        "checkpoint": f"ckpt-{kimg}",
        "kimg": kimg,
        "features_sha256": "f",
        "num_generated": 10,
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
    found = newest_evaluation(run)
    assert found["checkpoint"] == "ckpt-2"
    assert [plot["title"] for plot in found["plots"]] == ["fd_x by checkpoint"]
