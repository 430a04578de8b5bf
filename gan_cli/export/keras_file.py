"""Keras' own format: a zip file of the architecture and the weights, without code."""

from pathlib import Path

import keras
import numpy as np

from gan_cli.export.format import About, Format, Generate
from gan_cli.models.contract import layers_within


def write(generator: keras.Model, about: About, path: Path) -> None:
    """Writes a `.keras` file."""
    del about
    generator.save(path)


def load(path: Path) -> Generate:
    """Loads the file by Keras."""
    # Safe mode refuses layers that carry code.
    model = keras.saving.load_model(path, compile=False, safe_mode=True)

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        inputs = latents if labels is None else [latents, labels]
        return model(inputs, training=False).numpy()

    return generate


def needed_modules(generator: keras.Model) -> list[str]:
    """Returns the modules with layers that Keras lacks, which loading the file requires."""
    modules = {type(layer).__module__ for layer in layers_within(generator)}
    return sorted(module for module in modules if not module.startswith("keras."))


_CODE = """\
import keras

model = keras.saving.load_model("generator.keras", safe_mode=True)
images = model({inputs}, training=False).numpy()"""
FORMAT = Format("generator.keras", "Keras 3", 1e-6, write, load, _CODE)
