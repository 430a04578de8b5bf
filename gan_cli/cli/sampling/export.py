"""--export: the generator itself, in the formats of other runtimes, with a model card."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_cli.cli.sampling.mode import Mode, Options, open_studio, refuse_points
from gan_cli.errors import UserError
from gan_cli.export import FORMATS

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

flags.DEFINE_list(
    "export",
    None,
    "Write the generator to the new folder --out, with a model card: keras, saved_model, onnx,"
    " litert, litert_float16, litert_int8; several with commas, or all.",
)

_CARD = "model_card.md"
_COMPARED_IMAGES = 64


def run(options: Options) -> None:
    formats = _formats(options.export)
    out = Path(options.out)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"--out: {out} exists; an export goes to a new folder")
    studio = open_studio(options)
    refuse_points(studio, "--export")

    from gan_cli.config.load import dump_config
    from gan_cli.export.card import model_card
    from gan_cli.export.write import export_generator

    config = studio.loaded.config
    seeds = range(_COMPARED_IMAGES)
    facts = _facts(studio, dump_config(config))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Aside first: a folder under its name is whole.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as aside:
            whole = Path(aside) / "whole"
            whole.mkdir()
            exported = export_generator(
                studio.loaded.generator,
                config.model.latent_distribution,
                formats,
                whole,
                studio.latents(seeds),
                studio.labels(None, len(seeds)),
            )
            (whole / _CARD).write_text(model_card(facts, exported), encoding="utf-8")
            if out.exists():
                out.rmdir()
            shutil.move(whole, out)
    except OSError as error:
        raise UserError(f"--out: {out} cannot be written: {error.strerror}") from error
    for part in exported:
        print(
            f"{part.name:15s} {part.size_bytes / 1e3:9,.0f} kB   off by at most"
            f" {part.largest_error:.1e}, PSNR {part.psnr_db:.1f} dB"
        )
    print(f"written: {out}, with {_CARD}")


def _formats(given: list[str]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in given))
    if names == ["all"]:
        return list(FORMATS.names)
    for name in names:
        if name not in FORMATS.names:
            raise UserError(f"--export: {FORMATS.problem(name.replace(':', ' '))}")
    return names


def _facts(studio: "Studio", config_text: str):
    from gan_cli.export.card import ModelFacts
    from gan_cli.export.keras_file import needed_modules

    loaded = studio.loaded
    dataset = studio.run.read_environment().get("dataset", {})
    described = {key: value for key, value in dataset.items() if key != "class_names"}
    return ModelFacts(
        name=loaded.config.name,
        checkpoint=loaded.checkpoint_name,
        kimg=loaded.kimg,
        weights_sha256=loaded.weights_sha256,
        image_shape=tuple(loaded.generator.outputs[0].shape[1:]),
        latent_dim=loaded.config.model.latent_dim,
        latent_distribution=loaded.config.model.latent_distribution,
        class_names=loaded.class_names if loaded.num_classes else (),
        num_parameters=loaded.generator.count_params(),
        data="\n".join(f"- {key}: {value}" for key, value in described.items()) or "Not recorded.",
        evaluation=_evaluation(studio),
        needed_modules=needed_modules(loaded.generator),
        config_text=config_text,
    )


def _evaluation(studio: "Studio") -> dict[str, Any] | None:
    """The newest evaluation of these very weights."""
    paths = studio.run.evaluations.glob("*.json")
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            evaluation = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError(f"{path}: is damaged: {error}") from error
        if evaluation.get("weights_sha256") == studio.loaded.weights_sha256:
            return evaluation
    return None


MODE = Mode("export", run, takes=("checkpoint",))
