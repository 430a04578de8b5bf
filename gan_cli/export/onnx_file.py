"""ONNX, by tf2onnx; the runtime is onnxruntime."""

import importlib.util
from pathlib import Path

import keras
import numpy as np

from gan_cli.errors import UserError
from gan_cli.export.format import About, Format, Generate, as_function, named_inputs

# Old enough for every runtime in use, new enough for all operations of our generators.
_OPERATOR_SET = 17


def write(generator: keras.Model, about: About, path: Path) -> None:
    """Writes an ONNX file.

    Raises:
      UserError: tf2onnx or onnxruntime is not installed.
    """
    for module in ("tf2onnx", "onnxruntime"):
        if importlib.util.find_spec(module) is None:
            raise UserError(f"onnx needs {module}: pip install 'gan-cli[onnx]'", key="formats")
    import tf2onnx

    function = as_function(generator)
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=function.input_signature, opset=_OPERATOR_SET
    )
    # tf2onnx calls the axes of any size `unk__76` and the like.
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for dimension, size in zip(
        model.graph.output[0].type.tensor_type.shape.dim, generator.output_shape, strict=True
    ):
        if size is not None:
            dimension.dim_value = size
    for key, text in about.metadata().items():
        model.metadata_props.add(key=key, value=text)
    path.write_bytes(model.SerializeToString())


def load(path: Path) -> Generate:
    """Loads the file by ONNX Runtime, on the CPU."""
    import onnxruntime

    # By its content: ONNX Runtime takes no path that is not UTF-8.
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return session.run(["images"], named_inputs(latents, labels))[0]

    return generate


_CODE = """\
import onnxruntime

session = onnxruntime.InferenceSession("generator.onnx")
images = session.run(["images"], {dictionary})[0]"""
FORMAT = Format("generator.onnx", "ONNX Runtime", 1e-4, write, load, _CODE)
