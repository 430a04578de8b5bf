"""Writes generators in the formats of other runtimes, one module for each format."""

from gan_cli.registry import Registry

FORMATS = Registry(
    "export format",
    {
        "keras": "gan_cli.export.keras_file:FORMAT",
        "saved_model": "gan_cli.export.saved_model:FORMAT",
        "onnx": "gan_cli.export.onnx_file:FORMAT",
        "litert": "gan_cli.export.litert:FLOAT32",
        "litert_float16": "gan_cli.export.litert:FLOAT16",
        "litert_int8": "gan_cli.export.litert:INT8",
        "litert_phone": "gan_cli.export.litert:PHONE",
    },
)
# No format, but a folder for the Hugging Face Hub, which holds the generator as ONNX.
HUB = "hub"
