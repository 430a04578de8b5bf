"""The generator itself, in the formats of other runtimes, with a model card."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras

from gan_cli.domains.domain import EXPORT, PICTURES
from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError
from gan_cli.export import HUB, hub
from gan_cli.export.card import ModelFacts, model_card
from gan_cli.export.format import About
from gan_cli.export.keras_file import needed_modules
from gan_cli.export.write import Exported, export_generator
from gan_cli.io.files import check_new_folder
from gan_cli.io.paths import given_path
from gan_cli.models.contract import IMAGES, has_styles
from gan_cli.models.layers.one_hot import TokenIndices
from gan_cli.run.evaluations import read_evaluations
from gan_cli.studio.bulk_requests import Export
from gan_cli.studio.card_config import card_config
from gan_cli.studio.dispatch import draw
from gan_cli.studio.picture_requests import Grid
from gan_cli.studio.studio import Studio

CARD = "model_card.md"
PICTURE = "samples.png"
_COMPARED_IMAGES = 64


def write_export(studio: Studio, request: Export, out: str | Path) -> list[Exported]:
    """Writes the generator in each format, a picture and a model card to a new folder.

    Each format is read back by its own runtime and compared with the generator. For the Hugging
    Face Hub, the card is the folder's README.md, and an app comes with it.

    Raises:
      UserError: the folder is in use or cannot be written, or a format cannot express this
        generator.
    """
    out = given_path(out, "out")
    check_new_folder(out, "out")
    studio.loaded.domain.require(EXPORT, str(studio.run.path), "formats")
    seeds = range(_COMPARED_IMAGES)
    facts = _facts(studio, card_config(studio.loaded.config, studio.loaded.domain), request.licence)
    for_hub = HUB in request.formats
    if for_hub:
        studio.loaded.domain.require(PICTURES, str(studio.run.path), "formats")
    generator = _as_exported(studio)
    formats = [hub.FORMAT if name == HUB else name for name in request.formats]
    grid = draw(studio, Grid())
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Written aside first, so that a folder under its final name is whole.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as aside:
            whole = Path(aside) / "whole"
            whole.mkdir()
            exported = export_generator(
                generator,
                _about(studio, facts),
                list(dict.fromkeys(formats)),
                whole,
                studio.latents(seeds),
                studio.labels(None, len(seeds)),
            )
            grid.save(whole / PICTURE)
            card = model_card(facts, exported)
            if for_hub:
                hub.write_app(whole)
                card = hub.front_matter(facts) + card
            name = hub.CARD if for_hub else CARD
            (whole / name).write_text(card, encoding="utf-8", errors="backslashreplace")
            if out.exists():
                out.rmdir()
            shutil.move(whole, out)
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}", key="out") from error
    return exported


def _as_exported(studio: Studio) -> keras.Model:
    """Returns the generator; one of strings returns numbers of tokens, not vectors."""
    generator = studio.loaded.generator
    if not isinstance(studio.loaded.domain, Strings):
        return generator
    tokens = TokenIndices(name=f"{IMAGES}_indices")(generator.output)
    return keras.Model(generator.inputs, tokens, name=generator.name)


def _about(studio: Studio, facts: ModelFacts) -> About:
    return About(
        facts.name,
        facts.latent_distribution,
        facts.class_names,
        facts.weights_sha256,
        facts.licence,
        truncates_latents=not has_styles(studio.loaded.generator),
        alphabet=facts.alphabet,
    )


def _facts(studio: Studio, config_text: str, licence: str | None) -> ModelFacts:
    loaded = studio.loaded
    dataset = studio.run.read_environment().get("dataset", {})
    described = {key: value for key, value in dataset.items() if key != "class_names"}
    return ModelFacts(
        name=loaded.config.name,
        checkpoint=loaded.checkpoint_name,
        kimg=loaded.kimg,
        weights_sha256=loaded.weights_sha256,
        image_shape=loaded.domain.model_shape,
        latent_dim=loaded.config.model.latent_dim,
        latent_distribution=loaded.config.model.latent_distribution,
        class_names=loaded.class_names if loaded.num_classes else (),
        num_parameters=loaded.generator.count_params(),
        data="\n".join(f"- {key}: {value}" for key, value in described.items()) or "Not recorded.",
        evaluation=_evaluation(studio),
        needed_modules=needed_modules(_as_exported(studio)),
        config_text=config_text,
        licence=licence,
        picture=PICTURE,
        alphabet=loaded.domain.alphabet if isinstance(loaded.domain, Strings) else "",
    )


def _evaluation(studio: Studio) -> dict[str, Any] | None:
    """Returns the newest evaluation of these very weights, or None.

    Raises:
      UserError: one is damaged; the card may then not say that there is none.
    """
    found, problems = read_evaluations(studio.run.evaluations)
    if problems:
        raise UserError(*problems)
    mine = studio.loaded.weights_sha256
    return next((record for _, record in found if record.get("weights_sha256") == mine), None)
