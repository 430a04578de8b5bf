"""Completion, by the shells themselves, and manual pages, by man's own formatter."""

import shutil
import subprocess

import pytest

from gan_cli.errors import UserError
from gan_cli.shell.completion import SHELLS, completion
from gan_cli.shell.interface import FlagFacts, Part
from gan_cli.shell.manual import manual

FLAGS = (
    FlagFacts("walk", "How it's done: [all] of it.", ("linear", "circle")),
    FlagFacts("out", "A file. With more."),
    FlagFacts("loop", "Return.", takes_value=False),
    FlagFacts("bar", "Show a bar.", takes_value=False, can_be_off=True),
)


def shell(name, *arguments):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([name, *arguments], capture_output=True, text=True, check=True).stdout


def bash(*words):
    """What bash offers for the last of the words, which it has divided at each =."""
    script = completion("bash", "gan-x", FLAGS).replace("compopt -o filenames", ":")
    quoted = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _gan_x; echo ${{COMPREPLY[@]}}"
    return shell("bash", "-c", f"{script}\n{asked}").split()


def test_bash_offers_flags_values_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").touch()
    assert bash("gan-x", "--") == ["--walk", "--out", "--loop", "--bar", "--nobar"]
    assert bash("gan-x", "--wa") == ["--walk"]
    assert bash("gan-x", "--walk", "") == ["linear", "circle"]
    assert bash("gan-x", "--walk", "=", "ci") == ["circle"]
    assert bash("gan-x", "--walk", "=") == ["linear", "circle"]
    assert bash("gan-x", "--out", "=", "ph") == ["photo.png"]
    # A switch takes no value: a word after it is a file.
    assert bash("gan-x", "--loop", "ph") == ["photo.png"]


def test_fish_offers_flags_and_values():
    script = completion("fish", "gan-x", FLAGS)

    def offers(line):
        found = shell("fish", "--no-config", "-c", f"{script}\ncomplete -C'{line}'")
        return dict(each.split("\t") for each in found.splitlines())

    assert offers("gan-x --") == {
        "--walk=": "How it's done",
        "--out=": "A file",
        "--loop": "Return",
        "--bar": "Show a bar",
        "--nobar": "Show a bar",
    } or offers("gan-x --").keys() == {"--walk", "--out", "--loop", "--bar", "--nobar"}
    assert set(offers("gan-x --walk=")) == {"--walk=linear", "--walk=circle"}


def test_zsh_takes_the_specifications():
    script = completion("zsh", "gan-x", FLAGS)
    assert "'*--walk=[How it'\\''s done]:value:(linear circle)'" in script
    # Its own parser of specifications: a function that it calls outside a completion says so, and
    # complains first where a specification is wrong.
    quoted = script.replace("compdef _gan_x gan-x", "").replace("_arguments -s", "_checked")
    check = '_checked() { for each in "$@"; do print -r -- "$each"; done }'
    said = shell("zsh", "-f", "-c", f"{check}\n{quoted}\n_gan_x").splitlines()
    assert said[0] == "*--walk=[How it's done]:value:(linear circle)"
    assert said[-1] == "*:file:_files"
    assert len(said) == 6


def test_a_shell_without_a_script_is_one_line():
    with pytest.raises(UserError, match="must be one of bash, zsh, fish, got 'csh'"):
        completion("csh", "gan-x", FLAGS)


def test_the_manual_is_formatted_without_a_warning():
    first = Part("gan-x: draws.\n\ngan-x --out=a.png\n.hidden \\n", FLAGS[:2])
    assert "Fr\\[u00E9]chet" in manual("gan-x", "1", [Part("gan-x: Fréchet.", ())])
    page = manual("gan-x", "1.2", [first, Part("--loop: 'moves'.", FLAGS[2:])])
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou"], input=page, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    for text in (
        "gan-x - draws",
        "gan-x --out=a.png",
        ".hidden \\n",
        "--walk=linear|circle",
        "How it's done: [all] of it.",
        "--bar, --nobar",
        "--loop: 'moves'.",
    ):
        assert text in done.stdout
    assert page.startswith('.TH GAN\\-X 1 "" "gan-cli 1.2"')


@pytest.mark.parametrize("name", SHELLS)
def test_every_flag_of_gan_sample_is_in_its_script(name):
    from gan_cli.cli import app
    from gan_cli.cli.sample_flags import SHARED
    from gan_cli.cli.sample_modes import MODES

    sections = [app.Section("gan-sample: x.", SHARED), *(app.Section("", m.own) for m in MODES)]
    script = app._about_itself([f"--completion={name}"], sections)
    for flag in ("run_dir", "walk", "c2pa_key", "export", "licence", "inspect"):
        assert f"-l {flag} " in script if name == "fish" else f"--{flag}" in script
