"""LiteRT (TensorFlow Lite): float32, with float16 weights, or with int8 weights.

Weights of int8 have one scale per channel; activations stay float32.
"""

import warnings
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from gan_cli.export.format import Format, Generate, as_function, named_inputs


def _write(
    generator: keras.Model, latent_distribution: str, path: Path, weights: str = "float32"
) -> None:
    del latent_distribution
    # Weights become constants: the interpreter would need the values of variables before it runs.
    frozen = convert_variables_to_constants_v2(as_function(generator).get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], generator)
    if weights != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())


def load(path: Path) -> Generate:
    """Loads the file by TensorFlow's LiteRT interpreter."""
    with warnings.catch_warnings():
        # The interpreter will move to a package of its own, with the same interface.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_path=str(path))

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        values = named_inputs(latents, labels)
        for detail in interpreter.get_input_details():
            name = "labels" if "labels" in detail["name"] else "latents"
            interpreter.resize_tensor_input(detail["index"], values[name].shape)
        interpreter.allocate_tensors()
        for detail in interpreter.get_input_details():
            name = "labels" if "labels" in detail["name"] else "latents"
            interpreter.set_tensor(detail["index"], values[name])
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return generate


_RUNTIME = "LiteRT (TensorFlow Lite)"
FLOAT32 = Format("generator.tflite", _RUNTIME, 1e-4, _write, load)
FLOAT16 = Format(
    "generator-float16.tflite", _RUNTIME, None, partial(_write, weights="float16"), load
)
INT8 = Format("generator-int8.tflite", _RUNTIME, None, partial(_write, weights="int8"), load)
