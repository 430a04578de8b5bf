"""The model card (Mitchell et al. 2019): describes a model, in Markdown, for its users."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gan_cli.export.format import TOKENS
from gan_cli.export.write import Exported


@dataclass(frozen=True)
class ModelFacts:
    """Facts about a model that its card states.

    Attributes:
      image_shape: height, width, channels.
      class_names: empty for an unconditional generator.
      data: description of the data set.
      evaluation: scores of these weights as `gan-eval` wrote them; None: there are none.
      needed_modules: modules to import before loading the Keras file.
      licence: of the generator; None: it has not been stated.
      picture: file name of a picture of generated images, beside the card.
      alphabet: of a generator of strings; empty: it makes images.
      config_text: the run's resolved config, YAML.
    """

    name: str
    checkpoint: str
    kimg: float
    weights_sha256: str
    image_shape: tuple[int, int, int]
    latent_dim: int
    latent_distribution: str
    class_names: Sequence[str]
    num_parameters: int
    data: str
    evaluation: Mapping[str, Any] | None
    needed_modules: Sequence[str]
    config_text: str
    licence: str | None
    picture: str
    alphabet: str = ""


def model_card(facts: ModelFacts, exported: Sequence[Exported]) -> str:
    """Returns the card as Markdown."""
    height, width, channels = facts.image_shape
    law = "N(0, 1)" if facts.latent_distribution == "normal" else "U(-1, 1)"
    made = "strings" if facts.alphabet else "images"
    lines = [
        f"# {facts.name}",
        "",
        f"A generator of {made}, trained as one half of a generative adversarial network.",
        "",
        f"![Generated {made}]({facts.picture})",
        "",
        "| | |",
        "|---|---|",
        f"| images | {TOKENS} |"
        if facts.alphabet
        else f"| images | {height} x {width} pixels, {channels} channels, float32; -1 is black,"
        " 1 white; clip values beyond |",
        f"| `latents` | float32 [batch, {facts.latent_dim}], independent values of {law} |",
    ]
    if facts.alphabet:
        lines.append(f"| places | {height} |")
        # A vertical bar would end the cell.
        alphabet = json.dumps(facts.alphabet, ensure_ascii=False).replace("|", "\\u007c")
        lines.append(f"| alphabet | `{alphabet}` |")
    if facts.class_names:
        lines.append(f"| `labels` | int32 [batch], 0 to {len(facts.class_names) - 1} |")
    lines += [
        f"| parameters | {facts.num_parameters:,} |",
        f"| checkpoint | {facts.checkpoint}: {facts.kimg:,.1f} thousand {made} shown |",
        f"| SHA-256 of the weights | `{facts.weights_sha256}` |",
        f"| licence | {facts.licence or 'not stated: ask the author'} |",
        "",
        "## Files",
        "",
        "Each was read back by its runtime and compared with the generator on the same latents.",
        "",
        "| format | file | runtime | size | largest error | PSNR | tolerance |",
        "|---|---|---|---:|---:|---:|---:|",
        *(_row(part, facts.needed_modules) for part in exported),
        "",
    ]
    lines += ["## Use", "", *_code(facts, exported)]
    if facts.needed_modules and any(part.name == "keras" for part in exported):
        imports = ", ".join(f"`{module}`" for module in facts.needed_modules)
        lines += [
            f"The Keras file contains layers of gan-cli: import {imports} before loading it.",
            "",
        ]
    if facts.class_names:
        lines += ["## Classes", ""]
        lines += [f"{number}. {name}" for number, name in enumerate(facts.class_names)]
        lines.append("")
    lines += [
        "## Data",
        "",
        f"{facts.data}",
        "",
        "## Metrics",
        "",
        *_metrics(facts.evaluation, made),
        "",
    ]
    lines += [
        "## Limits",
        "",
        "- The model reproduces its training data, with their gaps and biases, and nothing else.",
        "- Samples may resemble training samples; the metrics above do not rule that out.",
        "- Its samples are synthetic. Say so wherever they could be taken for photographs or data.",
        "- Scores are comparable only for the same data, feature network and sample count.",
        "",
        "## Recipe",
        "",
        "```yaml",
        facts.config_text.rstrip(),
        "```",
        "",
    ]
    return "\n".join(lines)


def _code(facts: ModelFacts, exported: Sequence[Exported]) -> list[str]:
    """Returns Python that draws images with each of the files."""
    draw = (
        f"standard_normal({facts.latent_dim})"
        if facts.latent_distribution == "normal"
        else f"uniform(-1, 1, {facts.latent_dim})"
    )
    names = ["latents", *(["labels"] if facts.class_names else [])]
    named = ", ".join(f"{name}={name}" for name in names)
    dictionary = ", ".join(f'"{name}": {name}' for name in names)
    # Replaced one by one: the code may hold braces of its own.
    fillings = {
        "{inputs}": "[latents, labels]" if facts.class_names else "latents",
        "{named}": named,
        "{first}": ", ".join(f"{name}={name}[:1]" for name in names),
        "{dictionary}": f"{{{dictionary}}}",
    }
    lines = [
        "```python",
        "import numpy as np",
        "",
        "# The very latents of gan-sample --seeds 0-7, without truncation.",
        f"latents = [np.random.default_rng(seed).{draw} for seed in range(8)]",
        "latents = np.stack(latents).astype(np.float32)",
    ]
    if facts.class_names:
        count = len(facts.class_names)
        lines.append(f"labels = (np.arange(8) % {count}).astype(np.int32)")
    lines += ["```", ""]
    for part in exported:
        code = part.format.code.replace("{file}", part.format.file_name)
        for mark, filling in fillings.items():
            code = code.replace(mark, filling)
        if part.name == "keras":
            code = "".join(f"import {module}\n" for module in facts.needed_modules) + code
        lines += [f"From `{part.format.file_name}`:", "", "```python", *code.splitlines()]
        lines += ["```", ""]
    if facts.alphabet:
        to_text = [
            f"alphabet = {json.dumps(facts.alphabet)}",
            "strings = []",
            "for row in images:",
            "    end = (list(row) + [0]).index(0)",
            '    strings.append("".join(alphabet[token - 1] for token in row[:end]))',
        ]
        return [*lines, "Then, as strings:", "", "```python", *to_text, "```", ""]
    to_pixels = "pixels = np.clip(np.round((images + 1) * 127.5), 0, 255).astype(np.uint8)"
    return [*lines, "Then, as pixels:", "", "```python", to_pixels, "```", ""]


def _row(exported: Exported, needed_modules: Sequence[str]) -> str:
    tolerance, runtime = exported.format.tolerance, exported.format.runtime
    if exported.name == "keras":
        runtime = "Keras, with gan-cli installed" if needed_modules else "Keras alone"
    bound = "measured" if tolerance is None else f"{tolerance:g}"
    return (
        f"| {exported.name} | `{exported.format.file_name}` | {runtime} |"
        f" {exported.size_bytes / 1e3:,.0f} kB | {exported.largest_error:.1e} |"
        f" {psnr_text(exported.psnr_db)} | {bound} |"
    )


def psnr_text(psnr_db: float) -> str:
    """Returns a PSNR with its unit, or `identical` where it is infinite."""
    if math.isnan(psnr_db):
        return "-"
    return "identical" if math.isinf(psnr_db) else f"{psnr_db:.1f} dB"


def _metrics(evaluation: Mapping[str, Any] | None, made: str) -> list[str]:
    if evaluation is None:
        return ["These weights have not been evaluated; `gan-eval` evaluates them."]
    lines = [
        f"`floor` is the score of real {made}, `ceiling` that of noise.",
        "",
        f"| metric | value | ± | floor | ceiling | {made} |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, score in evaluation["scores"].items():
        numbers = (score.get(key) for key in ("value", "interval", "floor", "ceiling"))
        cells = " | ".join(
            f"{number:.4g}" if isinstance(number, int | float) else "" for number in numbers
        )
        lines.append(f"| {name} | {cells} | {score.get('count') or ''} |")
    return lines
