"""Which mode of gan-sample the flags choose, and which flags it refuses."""

import sys

import pytest
from absl import flags
from gan_cli.cli.sampling.mode import Mode
from gan_cli.cli.sampling.modes import MODES as MODES_OF_GAN_SAMPLE

from gan_cli.cli import sample
from gan_cli.errors import UserError


def mode_of(module, flag, needs=("run_dir", "out"), takes=("seed",)):
    def run(options):
        raise AssertionError

    run.__module__ = module
    return Mode(flag, run, needs, takes)


MODES = (
    mode_of("grids", None),
    mode_of("walks", "walk", takes=()),
    mode_of("reading", "inspect", needs=(), takes=("run_dir",)),
)


@pytest.fixture
def choose():
    values = flags.FlagValues()
    defined = {"grids": ["grid"], "walks": ["walk", "steps"], "reading": ["inspect"]}
    defined[sys.modules["gan_cli.cli.sample"].__name__] = ["run_dir", "out", "seed"]
    for module, names in defined.items():
        for name in names:
            flags.DEFINE(flags.ArgumentParser(), name, None, "", values, module_name=module)

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
    ("arguments", "message"),
    [
        (["--out=o"], "--run_dir is required"),
        (["--run_dir=r", "--walk=loop"], "--out is required"),
        (["--walk=a", "--inspect=b"], "--inspect: cannot be had together with --walk"),
        (
            ["--run_dir=r", "--out=o", "--steps=3"],
            "--steps: is not for gan-sample without a mode; it belongs to --walk",
        ),
        (["--run_dir=r", "--out=o", "--walk=a", "--seed=3"], "--seed: is not for --walk"),
        (["--inspect=b", "--out=o"], "--out: is not for --inspect"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(choose, arguments, message):
    with pytest.raises(UserError, match=f"^{message}"):
        choose(*arguments)


def test_every_mode_names_flags_that_exist_and_says_what_it_does():
    known = set(flags.FLAGS)
    for mode in MODES_OF_GAN_SAMPLE:
        assert {*mode.needs, *mode.takes, *([mode.flag] if mode.flag else [])} <= known
        assert sys.modules[mode.run.__module__].__doc__
    assert [mode.flag for mode in MODES_OF_GAN_SAMPLE].count(None) == 1
    assert len({mode.flag for mode in MODES_OF_GAN_SAMPLE}) == len(MODES_OF_GAN_SAMPLE)
