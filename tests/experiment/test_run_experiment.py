"""Training by a call: in one Python process, several times, and from any thread."""

import shutil
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from recording import Recording

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.outcome import Ending, Outcome
from gan_cli.experiment.run import run_experiment
from gan_cli.listener import TRAINING
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.lock import RunLock
from tests.docs.data_cases import fill

TINY = {
    "name": "tiny",
    "data": {"source": "builtin", "max_images": 200},
    "model": {
        "architecture": "mlp",
        "latent_dim": 4,
        "generator_channels": 16,
        "discriminator_channels": 16,
    },
    "objective": {"penalties": [], "augmentation": None},
    "training": {
        "batch_size": 4,
        "kimg": 0.064,
        "steps_per_call": 4,
        "precision": "float32",
        "checkpoint_every_kimg": 0.032,
    },
    "evaluation": {"every_kimg": 0},
}


def config(**training):
    changed = {**TINY, "training": {**TINY["training"], **training}}
    return Config.model_validate(changed, context=CHOICES)


def weights(run_dir, images_shown=64):
    """Everything in a checkpoint but Keras's names of layers, which count on within a process."""
    reader = tf.train.load_checkpoint(str(run_dir / f"checkpoints/ckpt-{images_shown}/state"))
    names = [n for n in reader.get_variable_to_shape_map() if n.endswith("VARIABLE_VALUE")]
    return {name: reader.get_tensor(name) for name in names}


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert len(ours) > 30
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The directory of a whole run, its outcome, and what was heard of it."""
    folder, listener = tmp_path_factory.mktemp("runs") / "whole", Recording()
    return folder, run_experiment(config(), folder, listener=listener), listener


def test_a_run_says_how_it_goes_and_how_it_ended(whole):
    run_dir, outcome, listener = whole
    assert outcome == Outcome(Ending.FINISHED, run_dir, 64)
    labels, ready = listener.messages[:2]
    assert labels.startswith("labels: 10 classes are found, and not used")
    assert ready.startswith("tiny: 180 images, on the CPU (")
    assert f"), float32, {run_dir} (ready after" in ready
    # The first call is split, and the time that its parts take decides on later ones.
    assert listener.counts == sorted(listener.counts)
    assert {(0, 64), (4, 64), (16, 64), (32, 64), (48, 64), (64, 64)} <= {*listener.counts}
    assert [shown for shown, _ in listener.reports] == [16, 32, 48, 64]
    assert listener.over[-1] == TRAINING
    assert (run_dir / "report.html").is_file()


def test_a_second_run_in_the_same_process_equals_the_first(whole, tmp_path):
    before = handlers()
    assert run_experiment(config(), tmp_path).ending == "finished"
    assert_equal(weights(tmp_path), weights(whole[0]))
    assert handlers() == before


def test_a_signal_stops_it_after_saving_and_the_rest_equals_the_whole(whole, tmp_path):
    def stop(images_shown):
        if images_shown == 16:
            signal.raise_signal(signal.SIGINT)

    before = handlers()
    outcome = run_experiment(config(), tmp_path, listener=Recording(stop))
    assert outcome == Outcome(Ending.STOPPED, tmp_path, 16, signal.SIGINT)
    assert handlers() == before
    listener = Recording()
    # The first call has let go of the directory.
    assert run_experiment(config(), tmp_path, "must", listener=listener).ending == "finished"
    assert listener.messages[1] == "resuming at 0.016 kimg"
    assert_equal(weights(tmp_path), weights(whole[0]))


def test_it_trains_in_a_thread_that_may_not_handle_signals_and_names_its_directory(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run_experiment(config(kimg=0.016))))
    thread.start()
    thread.join(timeout=300)
    assert outcomes == [Outcome(Ending.FINISHED, Path("runs/tiny"), 16)]
    assert (tmp_path / "runs/tiny/report.html").is_file()


def test_a_run_that_diverges_says_what_went_wrong(tmp_path):
    rate = {"learning_rate": 1e30}
    outcome = run_experiment(
        config(generator_optimizer=rate, discriminator_optimizer=rate), tmp_path / "run"
    )
    assert (outcome.ending, outcome.signal) == (Ending.DIVERGED, None)
    assert "not finite at" in outcome.trouble
    assert not (tmp_path / "run/report.html").exists()
    # Nothing is kept that is not finite.
    assert CheckpointStore(tmp_path / "run/checkpoints").all() == []


@pytest.mark.parametrize("data", [{"max_images": 30}, {"holdout_fraction": 0}])
def test_few_images_train_without_evaluation_after_one_line(data, tmp_path):
    changed = {**TINY, "data": {"source": "builtin", **data}, "evaluation": {"every_kimg": 0.032}}
    heard = Recording()
    outcome = run_experiment(
        Config.model_validate(changed, context=CHOICES), tmp_path / "run", listener=heard
    )
    assert outcome.ending is Ending.FINISHED
    held_out = 0 if "holdout_fraction" in data else 3
    lines = [text for text in heard.messages if "without evaluation" in text]
    assert len(lines) == 1
    assert f"{held_out} images are held out, and an evaluation needs 6" in lines[0]


def test_thousands_of_unreadable_files_are_three_lines_and_a_count(tmp_path):
    photos = tmp_path / "photos"
    fill(photos, 8)
    for number in range(3000):
        (photos / f"empty{number:04}.png").write_bytes(b"")
    data = {"source": "folder", "path": str(photos), "on_corrupt": "skip", "image_size": 8}
    changed = Config.model_validate(TINY | {"data": data}, context=CHOICES)
    heard = Recording()
    skipped = []
    heard.skipped = skipped.append
    experiment = Experiment.open(changed, tmp_path / "run", listener=heard)
    assert len(skipped) == 4
    assert skipped[-1] == "2,997 more images; skipped.txt of the run names all"
    # And one more, for all of them are equal.
    assert [line.partition(" files")[0] for line in heard.messages if "empty" in line] == [
        "note: 2,999 of 3,008"
    ]
    experiment.prepare_directory("never", accept_changes=False)
    experiment.lock.release()
    named = (tmp_path / "run" / "skipped.txt").read_text().splitlines()
    assert len(named) == len(set(named)) == 3000


class TestResume:
    def refusal(self, *arguments):
        with pytest.raises(UserError) as caught:
            run_experiment(*arguments)
        return caught.value

    def test_never_refuses_a_run(self, whole):
        error = self.refusal(config(), whole[0], "never")
        assert error.key == "resume"
        assert f"is 'never', but {whole[0]} holds a run already" in error.problems[0]

    def test_never_refuses_checkpoints_whose_config_is_gone(self, tmp_path):
        (tmp_path / "checkpoints/ckpt-64").mkdir(parents=True)
        error = self.refusal(config(), tmp_path, "never")
        assert f"is 'never', but {tmp_path} holds a run already" in error.problems[0]
        assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]

    def test_must_refuses_a_new_directory(self, tmp_path):
        error = self.refusal(config(), tmp_path / "new", "must")
        assert error.key == "resume"
        assert error.problems == (f"is 'must', but {tmp_path}/new holds no checkpoint",)
        assert not (tmp_path / "new").exists()

    def test_a_finished_run_goes_on_and_its_schedule_stays_where_it_arrived(self, whole, tmp_path):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        longer = run_experiment(config(kimg=0.08), run_dir)
        assert longer.images_shown == 80
        kept = RunDirectory(run_dir).read_config().training
        assert (kept.kimg, kept.learning_rate_schedule.until_kimg) == (0.08, 0.064)
        # The same command again finds the run finished.
        assert run_experiment(config(kimg=0.08), run_dir).images_shown == 80
        # A second extension keeps the end of the first plan.
        assert run_experiment(config(kimg=0.096), run_dir).images_shown == 96
        kept = RunDirectory(run_dir).read_config().training
        assert kept.learning_rate_schedule.until_kimg == 0.064

    def test_nothing_binds_before_the_first_checkpoint(self, whole, tmp_path):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        shutil.rmtree(run_dir / "checkpoints")
        changed = config(generator_optimizer={"learning_rate": 0.01})
        assert run_experiment(changed, run_dir).images_shown == 64

    def test_what_changes_no_weight_may_change(self, whole, tmp_path):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        values = config(kimg=0.08, steps_per_call=2).model_dump()
        values["evaluation"] |= {"features": "random", "metrics": ["frechet"]}
        changed = Config.model_validate(values, strict=False, context=CHOICES)
        assert run_experiment(changed, run_dir).images_shown == 80

    @pytest.mark.parametrize(
        ("training", "said"),
        [
            ({}, []),
            ({"max_minutes": 5}, ["training.max_minutes: null -> 5.0"]),
            # The intervals that follow from the length are not the user's.
            (
                {"kimg": 0.08, "keep_checkpoints": 2},
                ["training.kimg: 0.064 -> 0.08", "training.keep_checkpoints: 3 -> 2"],
            ),
        ],
    )
    def test_what_has_changed_is_said(self, whole, tmp_path, training, said):
        run_dir, heard = tmp_path / "run", Recording()
        shutil.copytree(whole[0], run_dir)
        run_experiment(config(**training), run_dir, listener=heard)
        start = "changed since the run was last trained: "
        told = [line.removeprefix(start) for line in heard.messages if line.startswith(start)]
        assert [part for line in told for part in line.split("; ")] == said

    def test_rates_that_stay_at_the_end_of_their_schedule_name_key_and_flag(self, whole, tmp_path):
        run_dir, heard = tmp_path / "run", Recording()
        shutil.copytree(whole[0], run_dir)
        run_experiment(config(kimg=0.08), run_dir, listener=heard)
        (note,) = [line for line in heard.messages if "end their schedule" in line]
        assert "at 0.064 kimg, before training ends (at 0.08 kimg), and stay at 0.05" in note
        assert note.endswith(
            "For a later end, set training.learning_rate_schedule.until_kimg and pass"
            " --accept_changes"
        )

    def test_derived_numbers_are_short_and_earlier_runs_keep_their_digits(self, whole, tmp_path):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        saved = run_dir / "config.yaml"
        text = saved.read_text()
        assert "  every_kimg: 0.00128\n" in text
        # Of 0.064 / 50, as an earlier version has written it.
        saved.write_text(
            text.replace("every_kimg: 0.00128\n", "every_kimg: 0.0012800000000000001\n")
        )
        changed = config(kimg=0.08)
        run_experiment(changed, run_dir)
        assert "every_kimg: 0.0016\n" in saved.read_text()
        saved.write_text(
            saved.read_text().replace(
                "ema_half_life_kimg: 1.25", "ema_half_life_kimg: 1.2500000001"
            )
        )
        run_experiment(changed, run_dir)
        assert "ema_half_life_kimg: 1.2500000001" in saved.read_text()

    def test_a_run_that_another_process_trains_is_refused_before_its_data_are_read(
        self, whole, tmp_path
    ):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        other = RunLock(run_dir)
        other.acquire()
        nothing = {**TINY, "data": {"source": "folder", "path": str(tmp_path / "none")}}
        with pytest.raises(UserError, match="is being trained by process"):
            run_experiment(Config.model_validate(nothing, context=CHOICES), run_dir)
        other.release()
        # Where nothing hinders it, the next one gets the lock, and gives it back.
        run_experiment(config(), run_dir)
        other.acquire()
        other.release()

    def test_another_config_is_refused_with_what_differs_and_can_be_accepted(self, whole, tmp_path):
        run_dir = tmp_path / "run"
        shutil.copytree(whole[0], run_dir)
        changed = config(generator_optimizer={"learning_rate": 0.01}, kimg=0.08)
        first, *others = self.refusal(changed, run_dir).problems
        assert first.startswith(f"{run_dir}: holds a run of another config; ")
        assert [other.split(":")[0] for other in others] == [
            "  training.generator_optimizer.learning_rate"
        ]
        assert run_experiment(changed, run_dir, accept_changes=True).images_shown == 80


def test_a_run_from_before_an_option_continues_without_it(tmp_path):
    """The config that began the run says nothing of the option, whose default has changed since."""
    values = {**TINY, "data": {**TINY["data"], "image_size": 8}}
    values["model"] = {**TINY["model"], "architecture": "conv", "options": {"low_pass": False}}
    values["training"] = {**TINY["training"], "kimg": 0.032}
    began = Config.model_validate(values, context=CHOICES)
    run_experiment(began, tmp_path / "run")
    saved = tmp_path / "run" / "config.yaml"
    text = saved.read_text()
    assert "    low_pass: false\n" in text
    saved.write_text(text.replace("    low_pass: false\n", ""))
    model = {k: v for k, v in values["model"].items() if k != "options"}
    same = Config.model_validate({**values, "model": model}, context=CHOICES)
    assert run_experiment(same, tmp_path / "run").ending is Ending.FINISHED
    other = Config.model_validate(
        {**values, "model": {**model, "options": {"low_pass": True}}}, context=CHOICES
    )
    with pytest.raises(UserError, match=r"another config"):
        run_experiment(other, tmp_path / "run")
