"""Checks the index of a checkpoint before TensorFlow reads it.

On an index that is damaged or forged, TensorFlow ends the process, or allocates whatever the index
declares. The file is a table as of LevelDB (github.com/google/leveldb, doc/table_format.md) whose
values are the messages of `tensor_bundle.proto`.
"""

import math
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import tensor_bundle_pb2

_FOOTER_BYTES = 48
_MAGIC = 0xDB4775248B80FB57
# The type and the checksum behind each block.
_TRAILER_BYTES = 5
_MOST_DIMENSIONS = 32
_MOST_BYTES = 2**28
_LITTLE_ENDIAN = tensor_bundle_pb2.BundleHeaderProto.LITTLE


def check_index(folder: Path, prefix: str) -> None:
    """Checks that every tensor of `PREFIX.index` lies in a data file and has the size of its shape.

    Raises:
      ValueError: the index is damaged, or declares what the data files do not hold.
      OSError: a file cannot be read.
    """
    path = folder / f"{prefix}.index"
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"the index has more than {_MOST_BYTES:,} bytes")
    try:
        _check(path.read_bytes(), folder, prefix)
    except (IndexError, struct.error, DecodeError) as error:
        raise ValueError("the index is damaged") from error


def _check(table: bytes, folder: Path, prefix: str) -> None:
    entries = list(_entries(table))
    names = [name for name, _ in entries]
    if not names or names[0] != b"" or any(a >= b for a, b in pairwise(names)):
        raise ValueError("the index is damaged: its names are not in order")
    header = tensor_bundle_pb2.BundleHeaderProto.FromString(entries[0][1])
    if header.endianness != _LITTLE_ENDIAN or not 1 <= header.num_shards <= 2**10:
        raise ValueError("the index is damaged: no number of data files")
    sizes = [
        (folder / f"{prefix}.data-{shard:05}-of-{header.num_shards:05}").stat().st_size
        for shard in range(header.num_shards)
    ]
    for name, value in entries[1:]:
        _check_tensor(
            name.decode(errors="backslashreplace"),
            tensor_bundle_pb2.BundleEntryProto.FromString(value),
            sizes,
        )


def _check_tensor(
    name: str, entry: tensor_bundle_pb2.BundleEntryProto, data_sizes: list[int]
) -> None:
    shape = [dim.size for dim in entry.shape.dim]
    if entry.shape.unknown_rank or len(shape) > _MOST_DIMENSIONS or min(shape, default=0) < 0:
        raise ValueError(f"'{name}' has no shape of a tensor")
    if entry.slices:
        raise ValueError(f"'{name}' is in slices")
    try:
        item_bytes = tf.dtypes.as_dtype(entry.dtype).size
    except TypeError as error:
        raise ValueError(f"'{name}' has no known type") from error
    is_text = entry.dtype == tf.string.as_datatype_enum
    # A text takes a byte at least.
    declared = math.prod(shape) * (1 if is_text else item_bytes or 1)
    is_inside = (
        0 <= entry.shard_id < len(data_sizes)
        and min(entry.offset, entry.size) >= 0
        and entry.offset + entry.size <= data_sizes[entry.shard_id]
    )
    if not is_inside or declared > entry.size or not (is_text or declared == entry.size):
        raise ValueError(
            f"'{name}' declares {declared:,} bytes, and the files hold {sum(data_sizes):,}"
        )


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields names and values in the order of the table."""
    footer = table[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("the index is damaged: it has no end")
    _, position = _varint(footer, 0)
    _, position = _varint(footer, position)
    for _, handle in _block(table, footer[position:-8]):
        yield from _block(table, handle)


def _block(table: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields names and values of the block at `handle`: its offset and size as variable-length."""
    offset, position = _varint(handle, 0)
    size, _ = _varint(handle, position)
    end = offset + size
    if size < 4 or end + _TRAILER_BYTES > len(table) - _FOOTER_BYTES:
        raise ValueError("the index is damaged: a block lies outside")
    if table[end] != 0:
        raise ValueError("the index is compressed, which TensorFlow's never is")
    (restarts,) = struct.unpack("<I", table[end - 4 : end])
    end -= 4 * (restarts + 1)
    if end < offset or not restarts:
        raise ValueError("the index is damaged: a block has no entries")
    starts = set(struct.unpack_from(f"<{restarts}I", table, end))
    position, name = offset, b""
    # Also an empty block has a start.
    seen = {0}
    while position < end:
        seen.add(position - offset)
        shared, position = _varint(table, position)
        added, position = _varint(table, position)
        length, position = _varint(table, position)
        if shared > len(name) or position + added + length > end:
            raise ValueError("the index is damaged: an entry lies outside its block")
        name = name[:shared] + table[position : position + added]
        position += added
        yield name, table[position : position + length]
        position += length
    if not starts <= seen:
        raise ValueError("the index is damaged: a block's entries start elsewhere")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Returns a number of variable length, and the position behind it."""
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
        if shift > 63:
            raise ValueError("the index is damaged: a number without an end")
