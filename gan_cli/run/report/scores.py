"""The report's section on evaluations: the newest one, and the scores over training."""

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

from gan_cli.errors import UserError, first_line
from gan_cli.io.records import read_content
from gan_cli.run.directory import RunDirectory
from gan_cli.run.evaluations import read_evaluations
from gan_cli.run.report.pictures import data_uri
from gan_cli.run.report.plots import curves_svg, position_svg

# A row of generated images for each class.
_CLASS_ROWS = "classes.png"
_PICTURES = (
    (
        "A generated sample, then the training samples nearest to it. Left: the generated samples"
        " that are nearest to a training sample. Right: the first generated samples.",
        "neighbours.png",
    ),
)
_MOST_POSITIONS = 6


def newest_evaluation(run: RunDirectory, samples: str) -> tuple[dict[str, Any] | None, list[str]]:
    """Returns the record of the newest evaluation, if any, with its pictures and plots.

    The second value has a line for each file that is damaged, and left out.
    """
    found, problems = read_evaluations(run.evaluations)
    if not found:
        return None, problems
    newest, record = found[0]
    shown = record | {
        "plots": _plots(record, [each for _, each in found if _is_alike(each, record)], samples),
        "classes": record["details"].get("class_modes"),
        "pictures": [],
        "class_rows": {},
    }
    try:
        shown["pictures"] = _pictures(newest.with_suffix(""))
        shown["class_rows"] = _class_rows(newest.with_suffix("") / _CLASS_ROWS, record)
    except UserError as error:
        problems += error.problems
    return shown, problems


def _is_alike(record: dict[str, Any], newest: dict[str, Any]) -> bool:
    keys = ("features_sha256", "num_generated", "dataset_fingerprint", "seed")
    return all(record.get(key) == newest.get(key) for key in keys)


def _pictures(folder: Path) -> list[dict[str, str]]:
    return [
        {"title": title, "source": data_uri(read_content(folder / name))}
        for title, name in _PICTURES
        if (folder / name).exists()
    ]


def _class_rows(path: Path, record: dict[str, Any]) -> dict[str, str]:
    """Returns the picture's row of each class for the page; empty: there is no picture."""
    names = record["class_shares"]
    if not names or not path.exists():
        return {}
    try:
        with Image.open(io.BytesIO(read_content(path))) as picture:
            return _rows_of(picture, list(names))
    except UserError:
        raise
    except Exception as error:  # Pillow lets through whatever a damaged file leads to.
        raise UserError(f"{path}: is damaged: {first_line(error)}") from error


def _rows_of(picture: Image.Image, names: list[str]) -> dict[str, str]:
    rows = {}
    # Cuts at equal distances go through the white between the rows, however wide it is.
    edges = [round(index * picture.height / len(names)) for index in range(len(names) + 1)]
    for name, (top, bottom) in zip(names, pairwise(edges), strict=True):
        content = io.BytesIO()
        picture.crop((0, top, picture.width, bottom)).save(content, "PNG")
        rows[name] = data_uri(content.getvalue())
    return rows


def _plots(
    newest: dict[str, Any], records: list[dict[str, Any]], samples: str
) -> list[dict[str, str]]:
    records = sorted(records, key=lambda record: record["kimg"])
    plots = []
    for figure, score in newest["scores"].items():
        points = [
            (r["kimg"], r["scores"][figure]["value"]) for r in records if figure in r["scores"]
        ]
        is_distance = not score["higher_is_better"]
        svg = curves_svg({figure: points}, is_distance, f"thousands of {samples} shown (kimg)")
        if svg is not None:
            plots.append({"title": f"{figure} by checkpoint", "svg": svg})
    if curves := newest["details"].get("quality_and_diversity"):
        named = {name.replace("_", " "): _curve(points) for name, points in curves.items()}
        title = (
            "Quality against diversity, in bits a character; better towards the lower left. Points:"
            " truncations of the generator, temperatures of the n-gram model"
        )
        x_label = "reverse_bits (diversity); upwards: judge_bits (quality)"
        svg = curves_svg(named, False, x_label)
        if svg is not None:
            plots.insert(0, {"title": title, "svg": svg})
    if {"precision", "recall"} <= newest["scores"].keys():
        plots.insert(
            0, {"title": "Quality and variety", "svg": _position(newest, records, samples)}
        )
    return plots


def _curve(points: list[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(point["reverse_bits"], point["judge_bits"]) for point in points]


def _position(newest: dict[str, Any], records: list[dict[str, Any]], samples: str) -> str:
    def position(record: dict[str, Any], what: str) -> tuple[float, float]:
        return record["scores"]["recall"][what], record["scores"]["precision"][what]

    shown = [r for r in records if {"precision", "recall"} <= r["scores"].keys()]
    points = {f"{r['kimg']:g} kimg": position(r, "value") for r in shown[-_MOST_POSITIONS:]}
    for what, name in (("floor", f"training {samples}"), ("ceiling", "noise")):
        if None not in position(newest, what):
            points[name] = position(newest, what)
    return position_svg(points, "recall (variety)", "precision (quality)")
