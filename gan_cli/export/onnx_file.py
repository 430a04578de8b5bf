"""ONNX, by tf2onnx; the runtime is onnxruntime."""

import importlib.util
from pathlib import Path

import keras
import numpy as np

from gan_cli.errors import UserError
from gan_cli.export.format import Format, Generate, as_function, named_inputs

# Old enough for every runtime in use, new enough for all operations of our generators.
_OPERATOR_SET = 17


def write(generator: keras.Model, latent_distribution: str, path: Path) -> None:
    """Writes an ONNX file.

    Raises:
      UserError: tf2onnx or onnxruntime is not installed.
    """
    del latent_distribution
    for module in ("tf2onnx", "onnxruntime"):
        if importlib.util.find_spec(module) is None:
            raise UserError(f"onnx needs {module}: pip install 'gan-cli[onnx]'", key="formats")
    import tf2onnx

    function = as_function(generator)
    tf2onnx.convert.from_function(
        function,
        input_signature=function.input_signature,
        opset=_OPERATOR_SET,
        output_path=str(path),
    )


def load(path: Path) -> Generate:
    """Loads the file by ONNX Runtime, on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return session.run(["images"], named_inputs(latents, labels))[0]

    return generate


FORMAT = Format("generator.onnx", "ONNX Runtime", 1e-4, write, load)
