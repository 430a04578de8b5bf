"""A folder for the Hugging Face Hub: a model that is a Space, too. Nothing is uploaded.

The front matter of its card follows the Hub's model card metadata and Spaces configuration
reference.
"""

import re
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from gan_cli.export.card import ModelFacts

APP = "app.py"
CARD = "README.md"
FORMAT = "onnx"
_REQUIREMENTS = "requirements.txt"
# The page's packages, in the oldest versions that it is known to work with.
_NEEDED = ("gradio>=6", "numpy>=1.26", "onnxruntime>=1.22", "pillow>=11")
_SDK_VERSION = "6.31.0"
_IDENTIFIER = re.compile(r"[\w.+-]+")


def write_app(folder: Path) -> None:
    """Writes the Gradio app and the list of its packages."""
    app = resources.files("gan_cli.export") / "space.py"
    (folder / APP).write_text(app.read_text("utf-8"), encoding="utf-8")
    (folder / _REQUIREMENTS).write_text("\n".join(_NEEDED) + "\n", encoding="utf-8")


def front_matter(facts: ModelFacts) -> str:
    """Returns the YAML that a card on the Hub begins with, between its lines of dashes."""
    data: dict[str, Any] = {
        "title": facts.name,
        **_licence(facts.licence),
        "library_name": FORMAT,
        "pipeline_tag": "unconditional-image-generation",
        "tags": ["gan", "gan-cli", "image-generation", "keras", "onnx"],
        "sdk": "gradio",
        "sdk_version": _SDK_VERSION,
        "app_file": APP,
    }
    if facts.evaluation is not None:
        data["model-index"] = [_results(facts)]
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return f"---\n{text}---\n\n"


def _licence(licence: str | None) -> dict[str, str]:
    if licence is None:
        return {}
    if _IDENTIFIER.fullmatch(licence):
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _results(facts: ModelFacts) -> dict[str, Any]:
    scores = (facts.evaluation or {})["scores"]
    metrics = [
        {"type": name, "name": name, "value": score["value"]}
        for name, score in scores.items()
        if isinstance(score.get("value"), int | float)
    ]
    return {
        "name": facts.name,
        "results": [
            {
                "task": {"type": "unconditional-image-generation"},
                "dataset": {"name": facts.name, "type": "custom"},
                "metrics": metrics,
            }
        ],
    }
