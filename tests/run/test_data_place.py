"""Runs whose data have a relative path, seen from another folder."""

import json

import pytest

from gan_cli.assembly.loading import load_generator
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError
from gan_cli.experiment.experiment import Experiment
from gan_cli.run.data_place import data_of, working_folder
from gan_cli.run.directory import RunDirectory
from tests.docs.data_cases import fill


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run trained in `tmp_path/here`, on `photos` beside it."""
    here = tmp_path / "here"
    fill(here / "photos", 8)
    monkeypatch.chdir(here)
    config = Config.model_validate(
        {
            "data": {"source": "folder", "path": "photos", "image_size": 8},
            "model": {"architecture": "mlp", "generator_channels": 8, "latent_dim": 4},
            "training": {"batch_size": 4, "kimg": 1.0},
            "evaluation": {"every_kimg": 0},
        },
        strict=False,
    )
    experiment = Experiment.open(config, here / "run")
    experiment.prepare_directory("never", accept_changes=False)
    experiment.store.save(experiment.state.variables(), 4)
    experiment.lock.release()
    return RunDirectory(here / "run")


def test_the_data_of_a_run_are_found_from_another_folder(run, tmp_path, monkeypatch):
    trained_on = open_splits(run.read_config().data).fingerprint
    monkeypatch.chdir(tmp_path)
    loaded = load_generator(run, "latest")
    # The config itself keeps the path as it was written.
    assert loaded.config.data.folder.path == "photos"
    assert open_splits(data_of(run, loaded.config)).fingerprint == trained_on
    # What lies here comes first, as ever.
    fill(tmp_path / "photos", 4)
    assert data_of(run, loaded.config).folder.path == "photos"


def test_data_that_are_gone_are_refused_by_the_path_that_was_given(run, tmp_path, monkeypatch):
    (run.path.parent / "photos").rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"data.path: photos does not exist"):
        open_splits(data_of(run, run.read_config()))
    # Earlier runs remember no folder.
    record = json.loads(run.environment.read_text())
    assert record.pop("working_folder") == str(run.path.parent)
    run.environment.write_text(json.dumps(record))
    assert data_of(run, run.read_config()).folder.path == "photos"


def test_a_folder_that_is_gone_or_not_utf8_is_not_recorded(monkeypatch):
    monkeypatch.setattr("os.getcwd", lambda: "/tmp/\udcff")
    assert working_folder() is None


def test_a_run_directory_that_cannot_be_one_is_one_line(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"link: is a link to .*/nowhere, which does not exist"):
        RunDirectory(tmp_path / "link").refuse_other_things()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file: is no folder; choose another run directory"):
        Experiment.open(Config.model_validate({"data": {"source": "builtin"}}), tmp_path / "file")
    for name in ("new", "."):
        RunDirectory(tmp_path / name).refuse_other_things()


@pytest.mark.parametrize("part", ["checkpoints", "samples", "evaluations"])
def test_a_run_whose_folders_are_on_a_disk_that_is_gone_does_not_begin_anew(tmp_path, part):
    (tmp_path / part).symlink_to(tmp_path / "unmounted")
    with pytest.raises(UserError, match=rf"{part}: is a link to .*/unmounted, which does not"):
        RunDirectory(tmp_path).refuse_other_things()
    (tmp_path / "unmounted").mkdir()
    RunDirectory(tmp_path).refuse_other_things()
