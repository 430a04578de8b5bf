"""Parts by name, and the user's own modules."""

import sys
from pathlib import Path

import pytest

from gan_cli.config.load import load_config
from gan_cli.errors import UserError
from gan_cli.registry import Registry, look_in

PARTS = Registry("loss", {"hinge": "gan_cli.objectives.losses:HINGE"})


def test_a_module_beside_the_config_is_found(tmp_path):
    (tmp_path / "beside_the_config.py").write_text("PART = 41 + 1")
    (tmp_path / "mine.yaml").write_text("data: {source: builtin}")
    load_config(tmp_path / "mine.yaml", [], {})
    path = list(sys.path)
    assert PARTS.load("beside_the_config:PART") == 42
    assert sys.path == path


def test_a_module_in_the_working_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in_the_working_folder.py").write_text("import beside_it\nPART = beside_it.PART")
    Path("beside_it.py").write_text("PART = 7")
    assert PARTS.load("in_the_working_folder:PART") == 7


def test_an_installed_module_comes_before_a_file_of_its_name(tmp_path):
    (tmp_path / "statistics.py").write_text("raise SystemExit('imported a stranger')")
    look_in(tmp_path)
    sys.modules.pop("statistics", None)
    import statistics

    assert PARTS.load("statistics:mean") is statistics.mean


@pytest.mark.parametrize(
    ("text", "attribute", "said"),
    [
        ("PART = 1", "OTHER", "has no attribute 'OTHER'"),
        ("1 / 0", "PART", "ZeroDivisionError: division by zero"),
        ("def f(:", "PART", "SyntaxError: invalid syntax"),
        ("import not_there_at_all", "PART", "No module named 'not_there_at_all'"),
    ],
)
def test_a_module_that_cannot_be_used_is_one_line(tmp_path, text, attribute, said):
    name = f"broken_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    look_in(tmp_path)
    with pytest.raises(UserError) as caught:
        PARTS.load(f"{name}:{attribute}")
    (problem,) = caught.value.problems
    assert problem.startswith(f"loss '{name}:{attribute}': cannot be imported: ")
    assert said in problem
