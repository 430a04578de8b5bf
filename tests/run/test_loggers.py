"""Experiment trackers: what they get, that a resume continues, and that none stops training."""

import json
import threading

import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.run import loggers
from gan_cli.run.loggers.log import LogEnding, LoggedRun
from gan_cli.run.loggers.several import Loggers

CONFIG = {"name": "a", "training": {"kimg": 2.0, "loggers": []}, "data": {"tiles": None}}
GRID = Image.new("RGB", (4, 2), "red")


class Tracker:
    """A logger that writes down what it gets, or fails."""

    opened = ()

    def __init__(self, run, failing=()):
        self.run, self.calls, self._failing = run, [], failing
        self.id, self.address = run.known_id or f"id-{len(self.opened)}", "somewhere"
        self.opened.append(self)
        self._note("open")

    def _note(self, name, *values):
        self.calls.append((name, *values))
        if name in self._failing:
            raise ConnectionError(f"{name} is refused\nby the server")

    def scalars(self, images_shown, values):
        self._note("scalars", images_shown, values)

    def grid(self, images_shown, grid):
        self._note("grid", images_shown, grid.size)

    def close(self, ending):
        self._note("close", ending)


@pytest.fixture
def parts(monkeypatch):
    """Registers `sound` and `broken`; returns the trackers opened, and what fails of `broken`."""
    failing = []
    found = {"sound": Tracker, "broken": lambda run: Tracker(run, failing)}
    monkeypatch.setattr(loggers.LOGGERS, "load", found.__getitem__)
    monkeypatch.setattr(Tracker, "opened", [])
    return Tracker.opened, failing


def test_all_loggers_get_everything_and_a_resume_continues_their_runs(tmp_path, parts):
    opened, _ = parts
    said = []
    log = Loggers(["sound", "broken"], LoggedRun("a", tmp_path, CONFIG), said.append)
    log.scalars(5, {"loss": 1.5})
    log.grid(6, GRID)
    log.close(LogEnding.STOPPED)
    expected = [
        ("open",),
        ("scalars", 5, {"loss": 1.5}),
        ("grid", 6, (4, 2)),
        ("close", LogEnding.STOPPED),
    ]
    assert [each.calls for each in opened] == [expected, expected]
    assert said == ["logged to sound: somewhere", "logged to broken: somewhere"]
    # One more: the others keep their names.
    again = Loggers(["broken"], LoggedRun("a", tmp_path, CONFIG), said.append)
    again.close(LogEnding.FINISHED)
    assert opened[2].run.known_id == "id-1"
    Loggers(["sound"], LoggedRun("a", tmp_path, CONFIG), said.append)
    assert opened[3].run.known_id == "id-0"


@pytest.mark.parametrize("where", ["open", "scalars", "grid", "close"])
def test_a_logger_that_fails_is_named_once_and_the_others_continue(tmp_path, parts, where):
    opened, failing = parts
    failing.append(where)
    said = []
    log = Loggers(["broken", "sound"], LoggedRun("a", tmp_path, CONFIG), said.append)
    for images_shown in (5, 10):
        log.scalars(images_shown, {"loss": 1.5})
        log.grid(images_shown, GRID)
    log.close(LogEnding.FINISHED)
    failed = [line for line in said if "fails" in line]
    assert failed == [
        f"logger 'broken' fails and is left out from here on: {where} is refused",
    ]
    assert [each[0] for each in opened[1].calls] == [
        *("open", "scalars", "grid", "scalars", "grid", "close"),
    ]


def test_training_does_not_wait_for_a_slow_logger(tmp_path, monkeypatch):
    answer = threading.Event()

    class Slow(Tracker):
        def scalars(self, images_shown, values):
            assert answer.wait(60)

    monkeypatch.setattr(loggers.LOGGERS, "load", {"slow": Slow}.__getitem__)
    log = Loggers(["slow"], LoggedRun("a", tmp_path, CONFIG), print)
    # These would wait for the answer, which comes after them.
    log.scalars(5, {"loss": 1.5})
    log.scalars(6, {"loss": 1.5})
    answer.set()
    log.close(LogEnding.FINISHED)


@pytest.mark.parametrize("content", ["{", '{"runs": 5}', '{"runs": {"sound": 5}}'])
def test_a_damaged_file_of_names_begins_new_runs(tmp_path, parts, content):
    opened, _ = parts
    (tmp_path / "loggers.json").write_text(content)
    said = []
    Loggers(["sound"], LoggedRun("a", tmp_path, CONFIG), said.append).close(LogEnding.FINISHED)
    assert opened[0].run.known_id is None
    assert "loggers.json" in said[0]
    assert said[0].endswith("; loggers begin new runs")
    assert json.loads((tmp_path / "loggers.json").read_text()) == {"runs": {"sound": "id-0"}}


def test_without_loggers_nothing_is_written(tmp_path):
    Loggers([], LoggedRun("a", tmp_path, CONFIG), pytest.fail).close(LogEnding.FINISHED)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(loggers, "_PACKAGES", ("wandb_of_nobody",))
    expected = "needs a package that is not installed: pip install 'gan-cli\\[wandb_of_nobody\\]'"
    with pytest.raises(UserError, match=expected):
        loggers.refuse_missing_packages(["wandb_of_nobody"])
    # The folder into which a tracker writes is no package.
    (tmp_path / "wandb_of_nobody").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=expected):
        loggers.refuse_missing_packages(["wandb_of_nobody"])
    (tmp_path / "wandb_of_nobody" / "__init__.py").touch()
    loggers.refuse_missing_packages(["wandb_of_nobody"])


def log_twice(name, folder, said):
    """Logs a run that is stopped and resumed; returns the names by which it was logged."""
    names = []
    for images_shown, ending in ((500, LogEnding.STOPPED), (1000, LogEnding.FINISHED)):
        log = Loggers([name], LoggedRun("a", folder, CONFIG), said.append)
        log.scalars(images_shown, {"loss": images_shown / 1000, "odd: name": 2.0})
        log.grid(images_shown, GRID)
        log.close(ending)
        names.append(json.loads((folder / "loggers.json").read_text())["runs"][name])
    return names


def test_mlflow_continues_a_run_in_its_file_store(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    store = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(store)
    said = []
    first, second = log_twice("mlflow", tmp_path, said)
    assert first == second
    assert said == [f"logged to mlflow: {store}"] * 2
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("gan-cli").experiment_id])
    assert (run.info.run_id, run.info.status, run.info.run_name) == (first, "FINISHED", "a")
    history = [(each.step, each.value) for each in client.get_metric_history(first, "loss")]
    assert history == [(500, 0.5), (1000, 1.0)]
    assert run.data.metrics["odd_ name"] == 2.0
    assert run.data.params["training.kimg"] == "2.0"
    assert run.data.params["data.tiles"] == "None"
    pictures = [each.path for each in client.list_artifacts(first, "images")]
    assert any("500" in each for each in pictures)
    assert any("1000" in each for each in pictures)


def test_mlflow_joins_the_run_that_is_open_and_leaves_it_open(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    store = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(store)
    with mlflow.start_run() as active:
        names = log_twice("mlflow", tmp_path, [])
        assert names == [active.info.run_id] * 2
        assert mlflow.MlflowClient().get_run(names[0]).info.status == "RUNNING"


def test_wandb_continues_a_run_offline(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    said = []
    first, second = log_twice("wandb", tmp_path, said)
    assert first == second
    assert wandb.run is None
    files = sorted(tmp_path.glob("wandb/offline-run-*/*.wandb"))
    assert len(files) == 2
    assert {file.stem for file in files} == {f"run-{first}"}
    for file, loss in zip(files, ("0.5", "1.0"), strict=True):
        content = file.read_bytes()
        assert loss.encode() in content
        assert b"odd: name" in content
    assert len(list(tmp_path.glob("wandb/offline-run-*/files/media/images/samples_*.png"))) == 2
    assert all(line.startswith("logged to wandb: ") for line in said)
    assert all("wandb sync" in line for line in said)


def test_wandb_joins_the_run_that_is_open_and_leaves_it_open(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    with wandb.init(dir=tmp_path, settings=wandb.Settings(silent=True)) as run:
        assert log_twice("wandb", tmp_path, []) == [run.id] * 2
        assert wandb.run is run
        assert run.config["training"]["kimg"] == 2.0
        assert run.summary["loss"] == 1.0
