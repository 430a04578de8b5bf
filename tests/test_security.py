"""What the package must never do, whatever it is given, held over its source."""

import ast
from pathlib import Path

import pytest

import gan_cli

ROOT = Path(gan_cli.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {"eval", "exec", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "os.system"}
FORBIDDEN_BASES = {"yaml.Loader", "yaml.UnsafeLoader", "yaml.FullLoader"}


def dangers(source: str) -> list[str]:
    """Returns what of a module's source could run somebody else's code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module] if node.module.split(".")[0] in FORBIDDEN_MODULES else []
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in FORBIDDEN_BASES:
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if name in FORBIDDEN_CALLS or options.get("shell") == "True":
                found.append(name)
            if options.get("allow_pickle", "False") != "False":
                found.append(f"{name} of pickles")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(path):
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "import yaml\nyaml.load(text, Loader)",
        "class L(yaml.UnsafeLoader): pass",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_check_itself_finds_what_is_dangerous(source):
    assert dangers(source)
