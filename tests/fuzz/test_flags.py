"""Command lines of any content."""

import pytest
from absl import flags
from absl.testing import flagsaver
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.cli import app, train
from gan_cli.cli.choices import CHOICES
from gan_cli.config.load import load_config

FUZZ = settings.get_profile("gan-cli-fuzz")
WORDS = [
    "config",
    "run_dir",
    "set",
    "resume",
    "dry_run",
    "nodry_run",
    "accept_changes",
    "help_",
    "",
]


def test_gan_train(tmp_path, monkeypatch, capsys, only_user_errors):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.yaml").write_text("data: {source: builtin}\n")
    assert train.__doc__
    value = st.one_of(
        st.text(max_size=10).filter(lambda text: "\0" not in text),
        st.sampled_from(["run.yaml", "none.yaml", ".", "seed=1", "data=1", "auto", "true", "--"]),
    )
    flag = st.tuples(st.sampled_from(["--", "-", ""]), st.sampled_from(WORDS), value).map(
        lambda parts: f"{parts[0]}{parts[1]}={parts[2]}"
    )

    @FUZZ
    @given(st.lists(st.one_of(flag, value), max_size=4), st.booleans())
    def check(arguments, with_config):
        given_config = ["--config=run.yaml"] if with_config else []
        status = None
        with flagsaver.flagsaver(), only_user_errors(tmp_path):
            try:
                app._parse_flags(["gan-train", *given_config, *arguments])
            except SystemExit as end:
                status = end.code
            if status is None:
                load_config(flags.FLAGS.config, flags.FLAGS.set, CHOICES)
        said = capsys.readouterr().err
        if status is not None:
            assert status == app.USAGE_ERROR
            assert "error: " in said
            assert said.count("\n") == 1

    check()


@pytest.fixture(autouse=True)
def parsed_again():
    """Leaves the flags as a process that has parsed none."""
    yield
    flags.FLAGS.unparse_flags()
