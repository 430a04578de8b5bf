"""Every command line of the README and the pages, up to where its work would begin."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNNER = ROOT / "tests" / "fuzz" / "command_lines.py"
COMMANDS = ("train", "sample", "eval")


def command_lines():
    """Yields the page, the command and the arguments of each line of a console block."""
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.partition("#")[0].partition(" | ")[0])
                if words and words[0] in [f"gan-{name}" for name in COMMANDS]:
                    yield page.name, words[0].removeprefix("gan-"), words[1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_is_accepted(command, tmp_path):
    lines = [(page, words) for page, name, words in command_lines() if name == command]
    assert len(lines) > 5
    # What the README has written by then.
    (mine,) = re.findall(r"```yaml\n(name: mine\n.*?)```", PAGES[0].read_text("utf-8"), re.DOTALL)
    (tmp_path / "mine.yaml").write_text(mine)
    (tmp_path / "path/to/images").mkdir(parents=True)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    ended = subprocess.run(
        [sys.executable, RUNNER, command],
        cwd=tmp_path,
        input="".join(json.dumps(words) + "\n" for _, words in lines),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    refused = [
        f"{page}: gan-{command} {shlex.join(words)}: {said.strip()}"
        for (page, words), (status, said, trace) in zip(lines, answers, strict=True)
        if trace or (status and not is_about_files(said))
    ]
    assert not refused, "\n".join(refused)


def is_about_files(said):
    """Whether all that is missing is a file or folder of the reader's."""
    parts = (
        "cannot read the config",
        "No such file",
        "does not exist",
        "is no folder",
        "is no file",
    )
    return any(part in said for part in parts)
