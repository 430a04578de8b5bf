"""The hooks of the documentation's site: which page a link of the repository leads to."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("mkdocs")

HOOKS = Path(__file__).parents[2] / ".ci" / "docs" / "pages.py"
_spec = importlib.util.spec_from_file_location("pages", HOOKS)
pages = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pages)


def on_site(markdown, uri):
    page = SimpleNamespace(file=SimpleNamespace(src_uri=uri))
    return pages.on_page_markdown(markdown, page, None, None)


@pytest.mark.parametrize(
    ("uri", "link", "expected"),
    [
        ("index.md", "docs/trust.md#repeatability", "trust.md#repeatability"),
        ("index.md", "docs/figures/digits.png", "figures/digits.png"),
        ("index.md", "CONTRIBUTING.md", "contributing.md"),
        ("index.md", "gan_cli/data/builtin/README.md", "reference/builtin_data.md"),
        ("export.md", "sampling.md#which-images", "sampling.md#which-images"),
        ("export.md", "../configs/digits.yaml", "reference/recipes.md#digits"),
        (
            "extending.md",
            "../gan_cli/models/contract.py",
            "reference/parts.md#gan_cli.models.contract",
        ),
        ("index.md", "https://keras.io/api/", "https://keras.io/api/"),
        ("index.md", "#install", "#install"),
    ],
)
def test_links_lead_to_the_pages_that_the_site_has(uri, link, expected):
    assert on_site(f"See [it]({link}), too.", uri) == f"See [it]({expected}), too."


def test_pages_that_are_not_listed_come_last(tmp_path):
    for name in ("known.md", "new.md"):
        (tmp_path / name).write_text("# A page")
    config = SimpleNamespace(docs_dir=str(tmp_path), nav=[{"Use": ["known.md"]}])
    *_, last = pages.on_config(config).nav
    assert last["More"][0] == "new.md"
    assert "known.md" not in last["More"]


def test_the_reference_shows_every_recipe_and_every_public_name():
    recipes = re.findall(r"^## (\S+)$", pages.recipes_page(), re.MULTILINE)
    assert set(recipes) == {path.stem for path in (pages.ROOT / "configs").glob("*.yaml")}
    python = pages.python_page()
    for name in ("api.train", "api.Run", "studio.edit_requests.Project", "errors.UserError"):
        assert f"::: gan_cli.{name}\n" in python
    assert {"gan_cli.models.contract", "gan_cli.metrics.run_evaluator"} <= {
        line.removeprefix("::: ") for line in pages.parts_page().splitlines()
    }
