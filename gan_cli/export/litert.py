"""LiteRT (TensorFlow Lite): float32, with smaller weights, or for one image at a time.

Weights of int8 have one scale per channel; activations stay float32.
"""

import json
import warnings
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from gan_cli.export.format import About, Format, Generate, as_function, named_inputs

# The name of the metadata: a JSON object of texts.
METADATA = "gan_cli"


def _write(
    generator: keras.Model,
    about: About,
    path: Path,
    weights: str = "float32",
    batch_size: int | None = None,
) -> None:
    # Weights become constants: the interpreter would need the values of variables before it runs.
    function = as_function(generator, batch_size).get_concrete_function()
    frozen = convert_variables_to_constants_v2(function)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], generator)
    if weights != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(_described(converter.convert(), about))


def _described(content: bytes, about: About) -> bytes:
    """Returns a file whose output is called `images`, and that says what it holds."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    model.description = f"{about.name}, a generator of images by gan-cli"
    # The converter numbers the outputs of frozen functions, and leaves some graphs unsigned.
    model.signatureDefs = [_signature(model)]
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = list(json.dumps(about.metadata()).encode())
    entry.name, entry.buffer = METADATA, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _signature(model: schema.ModelT) -> schema.SignatureDefT:
    """Returns names for the inputs and the output of a file's only graph."""
    graph = model.subgraphs[0]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [
        _named("labels" if b"labels" in bytes(graph.tensors[index].name) else "latents", index)
        for index in graph.inputs
    ]
    signature.outputs = [_named("images", graph.outputs[0])]
    return signature


def _named(name: str, index: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, int(index)
    return entry


def read_metadata(path: Path) -> dict[str, str]:
    """Returns what a file says about its generator, as `About.metadata` does."""
    model = flatbuffer_utils.read_model(str(path))
    for entry in model.metadata or ():
        name = entry.name.decode() if isinstance(entry.name, bytes) else entry.name
        if name == METADATA:
            return json.loads(bytes(model.buffers[entry.buffer].data))
    return {}


def load(path: Path) -> Generate:
    """Loads the file by TensorFlow's LiteRT interpreter."""
    with warnings.catch_warnings():
        # The interpreter will move to a package of its own, with the same interface.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_content=path.read_bytes())
    any_size = interpreter.get_input_details()[0]["shape_signature"][0] < 0

    def generate(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        if any_size:
            return run(latents, labels)
        rows = range(len(latents))
        return np.concatenate(
            [run(latents[k : k + 1], None if labels is None else labels[k : k + 1]) for k in rows]
        )

    def run(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        values = named_inputs(latents, labels)
        runner = interpreter.get_signature_runner()
        return runner(**values)["images"]

    return generate


_CODE = """\
try:
    from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert
except ImportError:
    # TensorFlow brings it, too, and says that it will go.
    import tensorflow as tf
    Interpreter = tf.lite.Interpreter
draw = Interpreter("{file}").get_signature_runner()
images = draw({named})["images"]"""
_RUNTIME = "LiteRT (TensorFlow Lite)"
FLOAT32 = Format("generator.tflite", _RUNTIME, 1e-4, _write, load, _CODE)
FLOAT16 = Format(
    "generator-float16.tflite", _RUNTIME, None, partial(_write, weights="float16"), load, _CODE
)
INT8 = Format("generator-int8.tflite", _RUNTIME, None, partial(_write, weights="int8"), load, _CODE)
# Delegates to a phone's GPU or accelerator need shapes that are known beforehand.
PHONE = Format(
    "generator-phone.tflite",
    f"{_RUNTIME}, one image at a time",
    None,
    partial(_write, weights="float16", batch_size=1),
    load,
    _CODE.replace("{named}", "{first}"),
)
