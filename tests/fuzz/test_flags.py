"""Command lines of any content."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.errors import UserError

FUZZ = settings.get_profile("gan-cli-fuzz")
# What the command needs to get beyond its first check, and its flags.
COMMANDS = {
    "train": (
        ["--config=run.yaml"],
        "config run_dir set seeds resume dry_run nodry_run accept_changes help_",
    ),
    "sample": (
        ["--run_dir=.", "--out=grid.png"],
        "checkpoint seed seeds classes truncation grid until export walk loop noloop steps"
        " frames_per_second inspect no_provenance directions latents move axes",
    ),
    "eval": (
        ["--run_dir=."],
        "run_dir checkpoint compare real fake num_samples features metrics stats seed out",
    ),
}
TELLING = (
    "run.yaml none.yaml . seed=1 data=1 auto true -- all best latest 0-9 9-0 0x0 2x2 -1"
    " 9x999999999 ²x² 0-99999999999999999999 ²-3 spherical frechet onnx"
)
VALUES = st.one_of(
    st.text(max_size=10).filter(lambda text: "\0" not in text),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(TELLING.split()),
)


@pytest.fixture
def ask(tmp_path, request):
    """Gives a command its arguments; returns its exit status, what it said, and a traceback."""
    (tmp_path / "run.yaml").write_text("data: {source: builtin}\n")
    script = str(Path(__file__).with_name("command_lines.py"))
    with subprocess.Popen(
        [sys.executable, script, request.param],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ask(arguments):
            print(json.dumps(arguments), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


@pytest.mark.parametrize(("ask", "command"), [(c, c) for c in COMMANDS], indirect=["ask"])
def test_any_command_line_starts_or_is_refused_in_lines(ask, command, tmp_path, only_user_errors):
    needed, names = COMMANDS[command]
    assert ask(needed) == [None, "", None]
    flag = st.tuples(
        st.sampled_from(["--", "-", ""]), st.sampled_from([*names.split(), ""]), VALUES
    ).map(lambda parts: f"{parts[0]}{parts[1]}={parts[2]}")

    @FUZZ
    @given(st.lists(st.one_of(flag, VALUES), max_size=4), st.booleans())
    def check(arguments, with_needed):
        with only_user_errors(tmp_path):
            status, said, fault = ask([*(needed if with_needed else []), *arguments])
            assert fault is None, fault
            assert status in (None, 2) or {"-h", "-help", "--help"} & {*arguments}
            lines = said.splitlines()
            assert all(line.startswith(f"gan-{command}: error: ") for line in lines)
            if status == 2:
                raise UserError(*lines)

    check()
