"""A small frozen graph with the node names, sizes and old operations of the published one."""

from pathlib import Path

import numpy as np
import tensorflow as tf

DIMENSION, NUM_CLASSES = 2048, 1008
# Graphs of 2015 declare a version in which the old normalisation still existed.
_PRODUCER = 8


def write_graph(path: Path, dimension: int = DIMENSION) -> tf.compat.v1.GraphDef:
    """Image (one, any size) -> ExpandDims -> ResizeBilinear -> Sub -> Mul -> conv -> pool_3."""
    rng = np.random.default_rng(0)
    graph = tf.compat.v1.GraphDef()
    graph.versions.producer = _PRODUCER

    def constant(name: str, value: np.ndarray, dtype: tf.DType = tf.float32) -> None:
        node = graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, dtype))

    def node(name: str, op: str, *inputs: str):
        added = graph.node.add(name=name, op=op, input=inputs)
        added.attr["T"].type = tf.float32.as_datatype_enum
        return added

    image = graph.node.add(name="Cast", op="Placeholder")
    image.attr["dtype"].type = tf.float32.as_datatype_enum
    constant("axis", 0, tf.int32)
    node("ExpandDims", "ExpandDims", "Cast", "axis").attr["Tdim"].type = tf.int32.as_datatype_enum
    constant("size", [299, 299], tf.int32)
    node("ResizeBilinear", "ResizeBilinear", "ExpandDims", "size")
    constant("mean", 128.0)
    node("Sub", "Sub", "ResizeBilinear", "mean")
    constant("scale", 1 / 128)
    node("Mul", "Mul", "Sub", "scale")
    constant("kernel", rng.normal(size=(3, 3, 3, dimension)))
    convolution = node("conv", "Conv2D", "Mul", "kernel")
    convolution.attr["strides"].list.i.extend([1, 40, 40, 1])
    convolution.attr["padding"].s = b"VALID"
    for name in ("m", "beta"):
        constant(name, rng.normal(size=dimension))
    for name in ("v", "gamma"):
        constant(name, rng.uniform(0.5, 2.0, size=dimension))
    normalised = node(
        "normalised", "BatchNormWithGlobalNormalization", "conv", "m", "v", "beta", "gamma"
    )
    normalised.attr["variance_epsilon"].f = 1e-3
    normalised.attr["scale_after_normalization"].b = True
    node("relu", "Relu", "normalised")
    pool = node("pool_3", "AvgPool", "relu")
    for attribute, sizes in (("ksize", [1, 8, 8, 1]), ("strides", [1, 1, 1, 1])):
        pool.attr[attribute].list.i.extend(sizes)
    pool.attr["padding"].s = b"VALID"
    constant("pool_3/_reshape/shape", [1, dimension], tf.int32)
    node("pool_3/_reshape", "Reshape", "pool_3", "pool_3/_reshape/shape").attr[
        "Tshape"
    ].type = tf.int32.as_datatype_enum
    constant("softmax/weights", rng.normal(size=(dimension, NUM_CLASSES)) / 50)
    node("softmax/logits/MatMul", "MatMul", "pool_3/_reshape", "softmax/weights")
    path.write_bytes(graph.SerializeToString())
    return graph
