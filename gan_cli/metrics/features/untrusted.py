"""Checks model files from untrusted sources before anything from them is built or run.

A model is a program. Keras files may contain only layers of Keras, without code and without paths
to other files; graphs may contain only operations that compute.
"""

import contextlib
import io
import json
import resource
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
from google.protobuf.message import DecodeError
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry

from gan_cli.errors import UserError, first_line
from gan_cli.io.memory import machine_memory
from gan_cli.io.records import read_content
from gan_cli.io.regular import open_regular

# Modules that `keras.Model.save` names in the files it writes.
_KERAS_MODULES = {
    "keras",
    "keras.activations",
    "keras.constraints",
    "keras.dtype_policies",
    "keras.initializers",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.regularizers",
    "keras.src.models.functional",
    "keras.src.models.model",
    "keras.src.models.sequential",
}
# Layers that hold Python code, or the path of another file.
_LAYERS_WITH_CODE = {"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"}
# Tensors and slices in a config, which name no module.
_WITHOUT_MODULE = {
    "__keras_tensor__",
    "__tensor__",
    "__numpy__",
    "__bytes__",
    "__ellipsis__",
    "__slice__",
}
_LONGEST_CONFIG = 2**26
# Operations with side effects that a network for images may need: weights, calls, branches and, in
# a SavedModel, the part that restores its weights.
_STATEFUL = {
    "Assert",
    "AssignVariableOp",
    "CheckNumerics",
    "DestroyResourceOp",
    "DisableCopyOnRead",
    "If",
    "MergeV2Checkpoints",
    "Placeholder",
    "ReadVariableOp",
    "ResourceGather",
    "RestoreV2",
    "SaveV2",
    "StatefulPartitionedCall",
    "VarHandleOp",
    "VarIsInitializedOp",
    "While",
}
_WRITING = {"MergeV2Checkpoints", "SaveV2"}
# TensorFlow lists these as free of side effects, but they read files, run Python or send data.
_NOT_PURE = ("Dataset", "Debug", "File", "PyFunc", "Rpc", "RemoteCall")
_PURE = {"ShardedFilename"}


def check_keras_file(
    path: Path, allows: Callable[[object, object, object], bool] = lambda *_: False
) -> None:
    """Refuses a `.keras` file that holds more than layers of Keras and their weights.

    Args:
      allows: says of the module, the class and the registered name of a class that Keras lacks
        whether it is a known one.

    Raises:
      UserError: the file is no `.keras` file, holds code or other paths, or is not as large as it
        declares.
      OSError: the file cannot be read.
    """
    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive:
            _check_members(path, archive.infolist())
            config = json.loads(archive.read("config.json"))
            weights = archive.read("model.weights.h5")
        _check_config(path, config, allows)
        with h5py.File(io.BytesIO(weights), "r") as tree:
            _check_weights(path, tree)
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, NotImplementedError) as error:
        raise UserError(f"{path}: not a .keras file: {first_line(error)}") from error


def check_graph(path: Path, operations: Iterable[str]) -> None:
    """Refuses a graph with operations that may do more than compute.

    Args:
      path: names the graph in messages.

    Raises:
      UserError: there is such an operation.
    """
    refused = sorted({name for name in operations if not _computes(name)})
    if refused:
        raise UserError(
            f"{path}: its graph holds {', '.join(refused[:5])}, which can do more than compute;"
            " it is not run"
        )


def check_saved_model(folder: Path) -> None:
    """Refuses a SavedModel with operations that may do more than compute, as `check_graph` does.

    Raises:
      UserError: there is such an operation, or the folder is no SavedModel.
      OSError: the folder cannot be read.
    """
    try:
        saved = SavedModel.FromString(read_content(folder / "saved_model.pb"))
    except DecodeError as error:
        raise UserError(f"{folder}: not a SavedModel") from error
    for meta_graph in saved.meta_graphs:
        graph = meta_graph.graph_def
        own = {function.signature.name for function in graph.library.function}
        nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
        check_graph(folder, (node.op for node in nodes if node.op not in own))
        _check_savers(folder, meta_graph)


def _check_savers(folder: Path, meta_graph: MetaGraphDef) -> None:
    """Refuses operations that write checkpoints, except in the saver, which is never run here.

    The saver is the function behind one node of the main graph. TensorFlow restores the variables
    of a SavedModel with functions by other means.
    """
    graph, saver = meta_graph.graph_def, meta_graph.saver_def.save_tensor_name.partition(":")[0]
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    writing = {name for name, nodes in functions.items() if _WRITING & {node.op for node in nodes}}
    is_written = any(node.op in _WRITING for node in graph.node)
    called = [node for node in graph.node if node.name != saver]
    called += [node for nodes in functions.values() for node in nodes]
    runs = any(_functions_of(node) & writing for node in called)
    is_offered = writing & set(meta_graph.object_graph_def.concrete_functions)
    if is_written or runs or is_offered:
        raise UserError(
            f"{folder}: its graph writes files ({', '.join(sorted(_WRITING))}) elsewhere than in"
            " its saver; it is not run"
        )


def _functions_of(node: NodeDef) -> set[str]:
    """Returns the names of the functions that a node calls."""
    functions = {node.op}
    for value in node.attr.values():
        functions |= {value.func.name, *(each.name for each in value.list.func)}
    return functions


@contextlib.contextmanager
def bounded_memory() -> Iterator[None]:
    """Makes a request for more memory than the machine has fail with `MemoryError`."""
    usage = Path("/proc/self/statm")
    if not usage.is_file():
        # Only Linux shows how much memory is mapped already.
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(usage.read_text().split()[0])
    limit = pages * resource.getpagesize() + machine_memory()
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            raise UserError(f"{path}: its member '{member.filename}' lies outside of it")
        if member.filename == "config.json" and member.file_size > _LONGEST_CONFIG:
            raise UserError(f"{path}: its config.json has {member.file_size:,} bytes")
    unpacked = sum(member.file_size for member in members)
    if unpacked > machine_memory():
        raise UserError(f"{path}: unpacks to {unpacked:,} bytes, more than this machine's memory")


def _check_config(path: Path, value: Any, allows: Callable[[object, object, object], bool]) -> None:
    """Refuses a config that names, at any depth, a class from outside Keras."""
    if isinstance(value, list):
        for each in value:
            _check_config(path, each, allows)
    if not isinstance(value, dict):
        return
    if "class_name" in value:
        name, module = value["class_name"], value.get("module")
        known = module in _KERAS_MODULES and value.get("registered_name") in (None, name)
        known = known or name in _WITHOUT_MODULE
        if name in _LAYERS_WITH_CODE or not (
            known or allows(module, name, value.get("registered_name"))
        ):
            raise UserError(
                f"{path}: its config names '{module}.{name}', which may run code; only layers of"
                " Keras that hold none are built"
            )
    for key, each in value.items():
        # Losses and metrics, which may be the user's own, are never built here.
        if key != "compile_config":
            _check_config(path, each, allows)


def _check_weights(path: Path, tree: h5py.File) -> None:
    """Refuses arrays that declare more bytes than the file holds, or that lie in other files."""

    def visit(group: h5py.Group, where: str) -> None:
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink | h5py.SoftLink):
                raise UserError(f"{path}: its weights '{where}{name}' are a link elsewhere")
            item = group[name]
            if isinstance(item, h5py.Group):
                visit(item, f"{where}{name}/")
            elif item.external or item.is_virtual:
                raise UserError(f"{path}: its weights '{where}{name}' lie in another file")
            elif item.nbytes > item.id.get_storage_size() and item.compression is None:
                raise UserError(
                    f"{path}: its weights '{where}{name}' declare {item.nbytes:,} bytes and hold"
                    f" {item.id.get_storage_size():,}"
                )
            elif item.nbytes > machine_memory():
                raise UserError(f"{path}: its weights '{where}{name}' have {item.nbytes:,} bytes")

    visit(tree, "")


def _computes(operation: str) -> bool:
    definition = op_def_registry.get(operation)
    # An operation of the first graphs, which TensorFlow 2 no longer registers.
    if definition is None:
        return operation == "BatchNormWithGlobalNormalization"
    if definition.is_stateful:
        return operation in _STATEFUL
    return operation in _PURE or not any(part in operation for part in _NOT_PURE)
