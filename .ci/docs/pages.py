"""Adds to the site what is not in docs/: the front page, recipes, commands and the API reference.

MkDocs calls the functions below while it builds (`hooks` in mkdocs.yml).
"""

import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import gan_cli

ROOT = Path(__file__).parents[2]
# Pages that are files of the repository outside docs/.
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "gan_cli/data/builtin/README.md": "reference/builtin_data.md",
    "LICENSE": "license.md",
}
# Modules that someone who adds a part of their own needs: docs/extending.md.
PARTS = {
    "Losses": ["gan_cli.objectives.losses"],
    "Penalties": ["gan_cli.objectives.penalties.penalty"],
    "Architectures": ["gan_cli.models.contract"],
    "Data sources": ["gan_cli.data.sources.source"],
    "Domains": ["gan_cli.domains.domain"],
    "Metrics": ["gan_cli.metrics.metric", "gan_cli.metrics.run_evaluator"],
    "Options": ["gan_cli.options"],
}
COMMANDS = ("train", "sample", "eval")
_LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds pages that the navigation leaves out to its end."""
    listed = set(re.findall(r"[\w/]+\.(?:md|ipynb)", repr(config.nav)))
    found = sorted(path.name for path in Path(config.docs_dir).glob("*.md"))
    rest = [name for name in found if name not in listed]
    more = [*rest, "reference/builtin_data.md", "license.md"]
    config.nav = [*(config.nav or []), {"More": more}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made or lie elsewhere."""
    made = {
        "reference/commands.md": commands_page(),
        "reference/python.md": python_page(),
        "reference/parts.md": parts_page(),
        "reference/recipes.md": recipes_page(),
        "assets/site.css": (Path(__file__).parent / "site.css").read_text("utf-8"),
    }
    for source, page in OUTSIDE.items():
        text = (ROOT / source).read_text("utf-8")
        # The licence is plain text.
        text = f"# Licence\n\n```text\n{text}\n```\n" if source == "LICENSE" else text
        made[page] = text
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lets links to files of the repository lead to the pages that the site makes of them."""
    uri = page.file.src_uri
    source = next((path for path, made in OUTSIDE.items() if made == uri), f"docs/{uri}")
    folder, here = posixpath.dirname(source), posixpath.dirname(uri)

    def on_site(link: re.Match[str]) -> str:
        before, target, anchor, after = link[1], link[2], link[3] or "", link[4]
        place = posixpath.normpath(posixpath.join(folder, target))
        if place in OUTSIDE:
            found = OUTSIDE[place]
        elif place.startswith("docs/"):
            found = place.removeprefix("docs/")
        elif place.startswith("configs/") and place.endswith(".yaml"):
            found, anchor = "reference/recipes.md", f"#{Path(place).stem}"
        elif place.endswith(".py"):
            found, anchor = "reference/parts.md", "#" + place[:-3].replace("/", ".")
        else:
            return link[0]
        return f"{before}{posixpath.relpath(found, here or '.')}{anchor}{after}"

    return _LINK.sub(on_site, markdown)


def commands_page() -> str:
    """Returns the help texts of the commands."""
    lines = ["# Commands", ""]
    for name in COMMANDS:
        shown = subprocess.run(
            [sys.executable, "-m", f"gan_cli.cli.{name}", "--help"],
            env={**os.environ, "COLUMNS": "88", "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        lines += [f"## gan-{name}", "", "```text", shown.strip(), "```", ""]
    return "\n".join(lines)


def python_page() -> str:
    """Returns the reference of what `import gan_cli` offers."""
    lines = ["# Python API", "", "Everything below is a name of the package `gan_cli`.", ""]
    homes = gan_cli._HOMES
    for name in (name for name in gan_cli.__all__ if name in homes):
        lines += [f"::: {homes[name]}.{name}", ""]
    return "\n".join(lines)


def parts_page() -> str:
    """Returns the reference of the interfaces that parts of one's own implement."""
    lines = [
        "# Interfaces of parts",
        "",
        "The interfaces of losses, architectures, metrics and other parts of your own;"
        " [Extending gan-cli](../extending.md) has a complete example of each.",
        "",
    ]
    for title, modules in PARTS.items():
        lines += [f"## {title}", ""]
        for module in modules:
            lines += [f"::: {module}", "    options: {heading_level: 3, show_root_full_path: true}"]
            lines.append("")
    return "\n".join(lines)


def recipes_page() -> str:
    """Returns the ready configs, each with the promise at its head."""
    lines = [
        "# Recipes",
        "",
        "The configs that come with gan-cli: `gan-train --config builtin:NAME`.",
        "",
    ]
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        lines += [f"## {path.stem}", "", "```yaml", path.read_text("utf-8").strip(), "```", ""]
    return "\n".join(lines)
