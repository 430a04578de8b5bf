"""Which mode of gan-sample the flags choose, and which flags it refuses."""

import pytest
from absl import flags

from gan_cli.cli import sample
from gan_cli.cli.sample_flags import SHARED
from gan_cli.cli.sample_modes import MODES as MODES_OF_GAN_SAMPLE
from gan_cli.cli.sample_modes import Mode
from gan_cli.errors import UserError


def mode_of(flag, own, needs=("run_dir", "out"), takes=("seed",)):
    def fail(*_):
        raise AssertionError

    return Mode(flag, "", fail, fail, own, needs, takes)


MODES = (
    mode_of(None, ("grid",)),
    mode_of("walk", ("walk", "steps"), takes=()),
    mode_of("inspect", ("inspect",), needs=(), takes=("run_dir",)),
)


@pytest.fixture
def choose():
    values = flags.FlagValues()
    for name in ("run_dir", "out", "seed", "grid", "walk", "steps", "inspect"):
        flags.DEFINE(flags.ArgumentParser(), name, None, "", values)

    def choose(*arguments):
        values(["gan-sample", *arguments])
        return sample.chosen_mode(values, MODES)

    return choose


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["--run_dir=r", "--out=o"], None),
        (["--run_dir=r", "--out=o", "--grid=2x2", "--seed=3"], None),
        (["--run_dir=r", "--out=o", "--walk=loop", "--steps=3"], "walk"),
        (["--inspect=x.png"], "inspect"),
        (["--inspect=x.png", "--run_dir=r"], "inspect"),
    ],
)
def test_the_mode_is_the_one_whose_flag_is_given(choose, arguments, flag):
    assert choose(*arguments).flag == flag


@pytest.mark.parametrize(
    ("arguments", "key", "problem"),
    [
        (["--out=o"], None, "--run_dir is required; see gan-sample --help"),
        (["--run_dir=r", "--walk=loop"], None, "--out is required; see gan-sample --help"),
        (["--walk=a", "--inspect=b"], "inspect", "cannot be combined with --walk"),
        (
            ["--run_dir=r", "--out=o", "--steps=3"],
            "steps",
            "is not for gan-sample without a mode; it belongs to --walk",
        ),
        (["--run_dir=r", "--out=o", "--walk=a", "--seed=3"], "seed", "is not for --walk"),
        (["--inspect=b", "--out=o"], "out", "is not for --inspect"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(choose, arguments, key, problem):
    with pytest.raises(UserError) as caught:
        choose(*arguments)
    assert (caught.value.key, caught.value.problems) == (key, (problem,))


def test_every_mode_names_flags_that_exist_and_every_flag_belongs_somewhere():
    known = set(flags.FLAGS)
    for mode in MODES_OF_GAN_SAMPLE:
        assert {*mode.own, *mode.needs, *mode.takes, *mode.keys.values()} <= known
        assert mode.flag is None or mode.flag in mode.own
        assert mode.about
    own = [name for mode in MODES_OF_GAN_SAMPLE for name in mode.own]
    assert len(set(own)) == len(own)
    assert not set(own) & set(SHARED)
    module = "gan_cli.cli.sample_flags"
    assert {flag.name for flag in flags.FLAGS.get_flags_for_module(module)} == {*own, *SHARED}
    assert [mode.flag for mode in MODES_OF_GAN_SAMPLE].count(None) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out=x.tga"], "--out: unknown ending '.tga'"),
        (["--out=x.png", "--until=5"], "--until: many images go to a folder, .npz or .tfrecord"),
        (["--out=x.npz", "--until=5", "--grid=2x2"], "--until: counts from --seed; leave out"),
        (["--out=x.npz", "--until=5", "--seeds=2"], "--until: counts from the first seed"),
        (["--out=x.png", "--grid=2x2", "--seeds=0-4"], "--grid: 2x2 has room for 4 images, and 5"),
        (["--out=x.png", "--grid=2"], "--grid: must be ROWSxCOLUMNS"),
        (["--out=x.png", "--seeds=a"], "--seeds: must be such as 0-63 or 1,5,10-12, got 'a'"),
        (["--out=x.png", "--walk=linear", "--steps=0"], "--steps: must be a whole number of"),
        (["--out=x.npz", "--walk=linear"], "--out: must end in .png, .jpg, .jpeg for a strip"),
        (["--out=x.gif", "--directions=sefa"], "--out: must end in .png, .jpg, .jpeg, .webp, got"),
        (["--out=x.png", "--dataset=5"], "--out: must be a folder, without an ending"),
        (
            ["--out=x", "--dataset=0"],
            "--dataset: must be a whole number from 1 to 100000000, got 0",
        ),
        (["--out=x", "--dataset=5", "--proportions=1,a"], "--proportions: must be numbers such as"),
        (["--out=x.png", "--project=x.png", "--fit_steps=0"], "--fit_steps: must be a whole"),
    ],
)
def test_wrong_values_are_refused_by_their_flags_before_a_run_is_opened(
    gan_sample, tmp_path, arguments, message
):
    with pytest.raises(UserError) as caught:
        gan_sample("--run_dir", tmp_path / "none", *arguments)
    assert str(caught.value).startswith(message)
