"""Checkpoints of runs are scored, kept and compared."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from saved_runs import POINTS, saved_run

from gan_cli.errors import UserError
from gan_cli.evaluation import scorer
from gan_cli.evaluation.requests import ComparisonRequest, RunRequest
from gan_cli.evaluation.runs import compare_runs, score_checkpoint, score_every_checkpoint
from gan_cli.listener import Listener
from gan_cli.metrics.modes.counts import MODE_METRICS
from gan_cli.sampling.seed_ranges import EVALUATION

FEW = {"num_samples": 100, "features": "random"}


class Heard(Listener):
    def __init__(self):
        self.messages = []

    def message(self, text):
        self.messages.append(text)


@pytest.fixture
def listener():
    return Heard()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """Three checkpoints of a class-conditional generator of digits."""
    path = tmp_path_factory.mktemp("runs") / "digits"
    saved_run(path, model={"conditional": True}, checkpoints=(320, 640, 960))
    return path


def test_a_checkpoint_is_scored_and_the_scores_are_kept(run_dir, capsys):
    scored = score_checkpoint(RunRequest(run_dir=run_dir, num_samples=60, features="random"))
    assert capsys.readouterr() == ("", "")
    assert (scored.checkpoint, scored.kimg, scored.seed) == ("ckpt-960", 0.96, 0)
    assert scored.title == "ckpt-960, 0.96 kimg"
    assert scored.evaluation.num_generated == 60
    file, page = scored.written
    assert file == run_dir / "evaluations" / "ckpt-960-random-60.json"
    record = json.loads(file.read_text())
    assert record == json.loads(json.dumps(scored.record()))
    assert set(record["scores"]) == {
        "fd_random",
        "kd_random",
        "precision",
        "recall",
        "density",
        "coverage",
        "checkerboard",
        "c_t",
        "near_copies_pct",
    }
    assert "not comparable with papers" in page.read_text()
    # Eight strips, twice: a generated image and five neighbours, with a gap between the two.
    with Image.open(file.with_suffix("") / "neighbours.png") as picture:
        scale = picture.width // (13 * 10 + 2)
        assert picture.size == (scale * (13 * 10 + 2), scale * (8 * 10 + 2))


def test_evaluations_of_different_seeds_share_no_sample(run_dir, monkeypatch):
    drawn = {}
    for seed in (0, 1, 2):
        drawn[seed] = set()
        exact = scorer.latents_for_seeds

        def noted(seeds, *arguments, seed=seed, exact=exact):
            drawn[seed].update(seeds)
            return exact(seeds, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(scorer, "latents_for_seeds", noted)
            runs = scorer.RunScorer(RunRequest(run_dir=run_dir, seed=seed, **FEW))
            for _ in runs.images(np.arange(runs.num_samples), runs.labels(runs.num_samples)):
                pass
    assert [len(seeds) for seeds in drawn.values()] == [100, 100, 100]
    assert len(set.union(*drawn.values())) == 300
    assert min(map(min, drawn.values())) >= EVALUATION


def test_a_checkpoint_that_training_removes_meanwhile_costs_only_its_own_scores(tmp_path, listener):
    path = tmp_path / "digits"
    saved_run(path, checkpoints=(320, 640, 960))
    load = scorer.RunScorer.load

    def remove_first(self, checkpoint):
        if checkpoint == "ckpt-640":
            shutil.rmtree(path / "checkpoints/ckpt-640")
        load(self, checkpoint)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorer.RunScorer, "load", remove_first)
        scored = score_every_checkpoint(
            RunRequest(run_dir=path, metrics=("frechet",), **FEW), listener
        )
    assert [each.checkpoint for each in scored.checkpoints] == ["ckpt-320", "ckpt-960"]
    assert any(line.startswith("left out: ckpt-640 has gone") for line in listener.messages)
    assert scored.unwritten == ()


def test_scores_that_cannot_be_kept_are_in_the_result(tmp_path):
    path = tmp_path / "digits"
    saved_run(path, checkpoints=(320, 640))
    (path / "evaluations").write_text("no folder")
    scored = score_every_checkpoint(RunRequest(run_dir=path, metrics=("frechet",), **FEW))
    assert len(scored.checkpoints) == 2
    assert len(scored.unwritten) == 2
    assert all("cannot be written" in problem for problem in scored.unwritten)


def test_the_scores_are_those_of_the_seed(run_dir):
    requests = (RunRequest(run_dir=run_dir, metrics=("frechet",), seed=s, **FEW) for s in (0, 0, 1))
    one, again, other = (score_checkpoint(request).scores["fd_random"] for request in requests)
    assert one == again
    assert one.value != other.value


def test_images_by_class_are_drawn_where_a_classifier_knows_the_classes(run_dir):
    scored = score_checkpoint(
        RunRequest(
            run_dir=run_dir, num_samples=100, features="classifier", metrics=("class_modes",)
        )
    )
    assert sum(scored.evaluation.class_shares.values()) == pytest.approx(1.0)
    with Image.open(scored.written[0].with_suffix("") / "classes.png") as picture:
        assert picture.width == picture.height


def test_every_checkpoint_is_scored_by_its_own_networks(run_dir):
    metrics = ("frechet", "discriminator_overfitting")
    request = RunRequest(run_dir=run_dir, checkpoint="all", metrics=metrics, **FEW)
    run = score_every_checkpoint(request)
    assert [scored.kimg for scored in run.checkpoints] == [0.32, 0.64, 0.96]
    for figure in ("fd_random", "r_v"):
        assert len({scored.scores[figure].value for scored in run.checkpoints}) == 3
    assert run.record() == [scored.record() for scored in run.checkpoints]
    assert "fd_random by checkpoint" in (run_dir / "report.html").read_text()
    # The first one alone gives what it gave among the others.
    alone = score_checkpoint(RunRequest(run_dir=run_dir, checkpoint="320", metrics=metrics, **FEW))
    assert alone.scores == run.checkpoints[0].scores


def test_runs_are_compared_and_seeds_summarised(tmp_path):
    paths = [tmp_path / str(seed) for seed in range(3)]
    for seed, path in enumerate(paths):
        saved_run(path, model={"architecture": "mlp"}, seed=seed)
    compared = compare_runs(ComparisonRequest(run_dirs=paths, metrics=("frechet",), **FEW))
    values = [run.scores["fd_random"].value for run in compared.runs]
    assert len(set(values)) == 3
    spread = compared.spread["fd_random"]
    assert spread.mean == pytest.approx(np.mean(values))
    assert spread.deviation == pytest.approx(np.std(values, ddof=1))
    record = compared.record()
    assert [run["run"] for run in record["runs"]] == [str(path) for path in paths]
    assert record["mean_and_deviation"]["fd_random"]["mean"] == spread.mean
    # Nothing is kept in the runs: their own scores are against their own feature networks.
    assert not (paths[0] / "evaluations").exists()


def test_runs_that_do_not_repeat_each_other_have_no_mean(tmp_path):
    for seed, batch_size in enumerate((16, 32)):
        saved_run(
            tmp_path / str(seed),
            model={"architecture": "mlp"},
            training={"batch_size": batch_size},
            seed=seed,
        )
    run_dirs = (tmp_path / "0", tmp_path / "1")
    request = ComparisonRequest(run_dirs=run_dirs, metrics=("frechet",), **FEW)
    assert compare_runs(request).spread == {}


def test_runs_on_other_data_are_not_compared(tmp_path):
    for index, count in enumerate((300, 400)):
        saved_run(
            tmp_path / str(index),
            {"source": "builtin", "max_images": count},
            {"architecture": "mlp"},
        )
    with pytest.raises(UserError, match=r"1 was trained on other data than .*0;") as caught:
        compare_runs(ComparisonRequest(run_dirs=(tmp_path / "0", tmp_path / "1"), **FEW))
    assert caught.value.key == "run_dirs"


class TestPoints:
    @pytest.fixture(scope="class")
    def ring(self, tmp_path_factory):
        path = tmp_path_factory.mktemp("runs") / "ring"
        saved_run(path, POINTS, {"architecture": "points_mlp", "latent_dim": 2})
        return path

    def test_they_are_scored_by_the_modes_they_cover(self, ring):
        scored = score_checkpoint(RunRequest(run_dir=ring, num_samples=100))
        assert scored.features.name == "coordinates"
        assert set(scored.scores) == {*MODE_METRICS, "fd_coordinates"}
        assert scored.scores["modes_covered"].floor == 8
        assert scored.interpretation == (
            "A mode is covered that has a point within three standard deviations of its centre.",
        )
        assert not scored.written[0].with_suffix("").exists()

    @pytest.mark.parametrize(
        "settings", [{"features": "random"}, {"metrics": ("kernel",)}, {"statistics": "s.npz"}]
    )
    def test_what_is_for_images_is_refused(self, ring, settings):
        with pytest.raises(UserError, match="points are scored by the modes they cover") as caught:
            score_checkpoint(RunRequest(run_dir=ring, **settings))
        assert [caught.value.key] == list(settings)


def test_data_that_has_changed_is_refused(tmp_path):
    saved_run(tmp_path / "run", model={"architecture": "mlp"})
    environment = tmp_path / "run" / "environment.json"
    content = json.loads(environment.read_text())
    content["dataset"]["fingerprint"] = "0" * 64
    environment.write_text(json.dumps(content))
    with pytest.raises(UserError, match="the data has changed since training"):
        score_checkpoint(RunRequest(run_dir=tmp_path / "run"))
