"""Configs that earlier versions wrote into run directories."""

import os

import pytest
import yaml

from gan_cli.catalog import CHOICES
from gan_cli.config.load import config_differences, dump_config, load_config
from gan_cli.config.saved import read_saved_config
from gan_cli.errors import UserError

USUAL = ["frechet", "kernel", "precision_recall", "density_coverage"]


@pytest.fixture
def read(tmp_path):
    """Reads the config of a run after a change to one of its sections."""

    def read(values, section="name", **changes):
        values = dict(values)
        if changes:
            values[section] = values[section] | changes
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return read_saved_config(path)

    return read


def test_it_means_what_it_meant(read, earlier_run):
    config = read(earlier_run)
    assert (config.training.batch_size, config.training.kimg) == (100, 300.0)
    assert [entry.name for entry in config.objective.penalties] == ["auxiliary_classifier"]
    assert config.objective.loss_options == {}
    assert config.evaluation.metrics is None


def test_a_run_keeps_the_rule_of_its_hold_out(read, earlier_run):
    assert read(earlier_run).data.holdout_by == "order"
    now = yaml.safe_load(dump_config(read(earlier_run)))
    assert read(now, "data", holdout_by="content").data.holdout_by == "content"
    del now["data"]["holdout_by"]
    assert read(now).data.holdout_by == "order"


@pytest.mark.parametrize("source", ["chorales", "midi", "builtin"])
def test_runs_of_music_keep_their_piano_rolls(source, read, earlier_run):
    now = yaml.safe_load(dump_config(read(earlier_run)))
    del now["data"]["idx"]
    keys = {"midi": {"path": "songs"}, "builtin": {"name": "songs"}}.get(source, {})
    now["data"] |= {"source": source, source: keys}
    assert getattr(read(now).data, source).form == "rolls"
    keys["form"] = "voices"
    assert getattr(read(now).data, source).form == "voices"
    if source == "builtin":
        # Digits have no form that could differ from today's.
        now["data"][source] = {"name": "digits"}
        assert read(now).data.builtin.form == "voices"


def test_a_run_of_today_keeps_the_metrics_that_it_names(read, earlier_run):
    now = yaml.safe_load(dump_config(read(earlier_run)))
    assert now["evaluation"]["metrics"] is None
    assert read(now, "evaluation", metrics=USUAL).evaluation.metrics == tuple(USUAL)
    others = ["frechet", "copying"]
    assert read(earlier_run, "evaluation", metrics=others).evaluation.metrics == tuple(others)


def test_fewer_samples_than_are_evaluated_today(read, earlier_run):
    assert read(earlier_run, "evaluation", num_samples=4).evaluation.num_samples == 10
    now = yaml.safe_load(dump_config(read(earlier_run)))
    with pytest.raises(UserError, match=r"evaluation\.num_samples: must be at least 10, got 4"):
        read(now, "evaluation", num_samples=4)


def test_what_an_earlier_version_did_not_know_follows_from_the_length_of_the_run(read, earlier_run):
    config = read({key: value for key, value in earlier_run.items() if key != "guard"})
    assert config_differences(read(earlier_run), config) == []


def test_an_open_value_is_a_line(read, earlier_run):
    with pytest.raises(UserError, match=r"config\.yaml:\d+: model\.generator_channels: must be"):
        read(earlier_run, "model", generator_channels=None)


def test_it_can_be_trained_from_again(tmp_path, read, earlier_run):
    config = read(earlier_run)
    again = load_config(tmp_path / "config.yaml", [], CHOICES)
    # A new run gets what came later; the run itself stays as it was.
    assert config.model.options.pop("low_pass") is False
    assert again.model_dump() == config.model_dump()


def test_a_run_from_before_an_option_is_built_as_it_was(read, earlier_run):
    """Its images would change; a run that names the option keeps what it names."""
    default = read(earlier_run, "model", architecture="conv")
    assert default.model.options["low_pass"] is False
    named = read(earlier_run, "model", architecture="conv", options={"low_pass": True})
    assert named.model.options["low_pass"] is True
    pair = read(earlier_run, "model", architecture={"generator": "conv", "discriminator": "sngan"})
    assert pair.model.options["low_pass"] is False
    strided = read(earlier_run, "model", architecture="dcgan")
    assert strided.model.options["low_pass"] is False
    other = read(earlier_run, "model", architecture="mlp")
    assert "low_pass" not in other.model.options
    assert other.model.options.get("published_sizes") is None
    resized = read(earlier_run, "model", architecture="biggan")
    assert resized.model.options["published_sizes"] is False
    styled = read(earlier_run, "model", architecture="stylegan2")
    assert styled.model.options["equalized_class_head"] is False


@pytest.mark.parametrize(
    "key", ["latent_dim", "generator_channels", "discriminator_channels", "max_channels"]
)
def test_a_width_that_would_claim_all_memory_is_refused(read, earlier_run, key):
    with pytest.raises(UserError, match=rf"model\.{key}: must be at most 65536, got 1000000000"):
        read(earlier_run, "model", **{key: 10**9})


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/stdin", "pipe"])
def test_only_a_regular_file_is_a_config(tmp_path, place):
    path = tmp_path / "config.yaml"
    if place == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(place)
    with pytest.raises(UserError, match=r"config\.yaml: .*: not a regular file"):
        read_saved_config(path)
