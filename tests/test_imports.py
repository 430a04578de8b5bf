"""Who may import whom, and what must not be imported before it is needed."""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gan_cli

ROOT = Path(gan_cli.__file__).parent

# Rooms in their order: each imports only from rows above its own, and from itself.
ORDER = (
    {"errors", "listener"},
    {"io", "registry", "options", "replicas", "devices", "tensorflow_setup", "shell"},
    {"config", "music"},
    {"domains"},
    {"data", "models", "objectives"},
    {"run", "export"},
    {"training", "media"},
    {"sampling"},
    {"metrics"},
    {"assembly", "catalog"},
    {"evaluation", "studio"},
    {"explore"},
    {"experiment"},
    {"api"},
    {"__init__"},
    {"cli"},
)
ROW = {room: row for row, rooms in enumerate(ORDER) for room in rooms}
# These may take a section of the config as an argument, and no more.
TYPES_ONLY = {"domains", "data", "models", "objectives"}
HEAVY = ("tensorflow", "keras", "numpy", "PIL", "pydantic", "yaml", "rich", "matplotlib", "jinja2")
MODULES = sorted(ROOT.rglob("*.py"))


def imported_names(tree: ast.Module, package: list[str]) -> Iterator[str]:
    """Yields the dotted names of all imports, relative ones made absolute, wherever they stand.

    `from a import b` yields `a.b`: b may be a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A registry's "gan_cli.package.module:attribute" is an import as well.
            module, colon, attribute = node.value.partition(":")
            if colon and module.startswith("gan_cli.") and attribute.isidentifier():
                yield f"{module}.{attribute}"


def wrong_arrows(source: str, path: Path) -> list[str]:
    """Returns the imports of a file, given by its path below `gan_cli`, that are not allowed."""
    own = path.parts[0] if len(path.parts) > 1 else path.stem
    wrong = []
    for name in imported_names(ast.parse(source), ["gan_cli", *path.parent.parts]):
        first, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if first != "gan_cli" or target in (own, "__version__"):
            continue
        # What is no room is an attribute of the package itself.
        fine = ROW.get(target, ROW["__init__"]) < ROW[own]
        if own in TYPES_ONLY and target == "config":
            fine = rest.startswith(("config.limits.", "config.schema.", "config.resolved."))
        if not fine:
            wrong.append(name)
    return wrong


def test_every_room_has_its_place_in_the_order():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    rooms |= {path.stem for path in ROOT.glob("*.py")}
    assert rooms == set(ROW)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_it_may(path):
    assert wrong_arrows(path.read_text(encoding="utf-8"), path.relative_to(ROOT)) == []


@pytest.mark.parametrize(
    ("path", "source", "wrong"),
    [
        ("models/conv.py", "from gan_cli.objectives import losses", True),
        ("models/conv.py", "def f():\n    import gan_cli.objectives.losses", True),
        ("models/conv.py", "from ..training import step", True),
        ("models/layers/maxout.py", "from ...data import dataset", True),
        ("models/__init__.py", "X = {'a': 'gan_cli.training.step:TrainStep'}", True),
        ("data/dataset.py", "from gan_cli.config.load import load_config", True),
        ("data/dataset.py", "from gan_cli.config.schema import DataConfig", False),
        ("config/load.py", "from gan_cli.data import dataset", True),
        ("config/load.py", "import gan_cli.cli", True),
        ("run/report/page.py", "from gan_cli.training.loop import train", True),
        ("run/directory.py", "from gan_cli.config.load import load_config", False),
        ("training/loop.py", "from gan_cli.metrics import evaluate", True),
        ("training/loop.py", "from gan_cli import metrics", True),
        ("training/loop.py", "from gan_cli import load_config", True),
        ("training/loop.py", "from gan_cli.run import checkpoint", False),
        ("registry.py", "from gan_cli.models import ARCHITECTURES", True),
        ("registry.py", "from gan_cli.errors import UserError", False),
        ("models/layers/maxout.py", "from ..conv import block", False),
        ("assembly/step.py", "from gan_cli.training.step import TrainStep\nimport keras", False),
        ("assembly/step.py", "from gan_cli.cli import app", True),
        ("media/encode.py", "from gan_cli.sampling import walks", True),
    ],
)
def test_the_check_itself_tells_right_from_wrong(path, source, wrong):
    assert bool(wrong_arrows(source, Path(path))) == wrong


def imports_at_run_time(path: Path) -> set[str]:
    """The modules of gan_cli that a file imports, but for those that only its type hints name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    package = ["gan_cli", *path.relative_to(ROOT).parent.parts]
    found = set()
    for name in imported_names(tree, package):
        while name and name not in NAMED:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {"", "gan_cli"}


def module_name(path: Path) -> str:
    parts = ["gan_cli", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMED = {module_name(path): path for path in MODULES}


def test_no_files_import_one_another_in_a_circle():
    graph = {name: imports_at_run_time(path) - {name} for name, path in NAMED.items()}
    # A registry's file names those that import it to describe themselves.
    for name, path in NAMED.items():
        if path.name == "__init__.py":
            graph[name] = {other for other in graph[name] if not other.startswith(f"{name}.")}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def called_names(source: str) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {ast.unparse(call.func) for call in calls}


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[0] != "cli"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_only_the_commands_print_exit_and_read_flags(path):
    source = path.read_text(encoding="utf-8")
    assert not called_names(source) & {"print", "exit", "sys.exit", "os._exit"}
    packages = {name.partition(".")[0] for name in imported_names(ast.parse(source), ["gan_cli"])}
    assert not packages & {"absl", "rich", "argparse"}
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    assert not [text for text in texts if isinstance(text, str) and re.match(r"--[a-z]", text)]


def test_the_commands_are_thin():
    lines = sum(len(path.read_text().splitlines()) for path in (ROOT / "cli").rglob("*.py"))
    assert lines <= 1700


def test_the_package_itself_is_light():
    assert loaded_by("import gan_cli") == set()


def test_the_package_itself_takes_nothing_of_python_that_takes_long():
    code = (
        "import sys\nbefore = set(sys.modules)\nimport gan_cli\nprint(*set(sys.modules) - before)"
    )
    # Without `site`, which brings modules of its own.
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT.parent)!r})\n{code}",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    slow = {"logging", "typing", "dataclasses", "inspect", "re", "subprocess", "tempfile"}
    assert not slow & set(result.stdout.split())


def test_help_alone_loads_what_describes_a_command():
    code = (
        "import sys, gan_cli.cli.train\nprint(*(m for m in sys.modules if m.startswith('gan_cli')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    described = {f"gan_cli.shell.{name}" for name in ("about", "completion", "help_text", "manual")}
    assert not described & set(result.stdout.split())


def loaded_by(statement: str) -> set[str]:
    """The heavy packages that a fresh Python has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


ENTRY_MODULES = [
    path.stem
    for path in sorted((ROOT / "cli").glob("*.py"))
    if "def entry_point" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", ["app", *ENTRY_MODULES])
def test_a_command_loads_nothing_heavy_before_its_flags_are_valid(module):
    assert loaded_by(f"import gan_cli.cli.{module}, gan_cli.catalog") == set()


def test_the_config_is_validated_before_tensorflow_is_loaded():
    loaded = loaded_by("import gan_cli.catalog, gan_cli.config.load, gan_cli.config.resolve")
    assert loaded == {"pydantic", "yaml"}
