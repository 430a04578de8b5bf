"""One npz file of arrays, written in pieces."""

import io
import json
import math
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.domains.domain import Domain
from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write, move_into_place, unfinished
from gan_cli.io.records import read_json
from gan_cli.media.credentials import Signer
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.sink import Sink

_MOST_STATE_BYTES = 10_000


class ArraySink(Sink):
    """Samples under their domain's name, `seeds` and, if there are classes, `labels`.

    Images are `images`, uint8 [count, height, width, channels]. `provenance` is text: JSON. Until
    the file is whole, the arrays lie in the hidden folder `.NAME.part` beside it.

    Args:
      domain: the kind of the samples.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None,
        domain: Domain,
    ):
        super().__init__(out, provenance, marked, count, signer)
        self.domain = domain
        self._part = unfinished(out)
        self._arrays: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
        self._checksums: dict[str, int] = {}
        self._written = 0

    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        self._part.mkdir(parents=True, exist_ok=True)
        self._hold(self._part)
        record = self._part / "export.json"
        self._refuse_another(record, f"the unfinished {self._part}")
        if not record.is_file():
            self._keep_record(record)
        for name, values in self._arrays_of(seeds[:0], None if labels is None else labels[:0]):
            self._arrays[name] = values.dtype, values.shape[1:]
        try:
            state = read_json(self._part / "state.json", _MOST_STATE_BYTES)
            self._written, self._checksums = self._proved(state["written"], state["checksums"])
        except (UserError, OSError, ValueError, KeyError, TypeError):
            # Nothing is proved by it: all is written again.
            self._written, self._checksums = 0, dict.fromkeys(self._arrays, 0)
        return self._written

    def _proved(self, written: Any, checksums: Any) -> tuple[int, dict[str, int]]:
        """Returns the arguments, and cuts off what was written after they were noted.

        Raises:
          ValueError: the arrays do not hold what the arguments say.
        """
        if type(written) is not int or not 0 <= written <= self.count:
            raise ValueError(written)
        for name, (dtype, shape) in self._arrays.items():
            left, checksum = written * dtype.itemsize * math.prod(shape), 0
            with (self._part / name).open("r+b") as file:
                file.truncate(min(left, os.fstat(file.fileno()).st_size))
                while piece := file.read(2**20):
                    checksum, left = zlib.crc32(piece, checksum), left - len(piece)
            if left or checksum != checksums[name]:
                raise ValueError(name)
        return written, {name: checksums[name] for name in self._arrays}

    def _arrays_of(
        self, seeds: Sequence[int], labels: np.ndarray | None, images: np.ndarray | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        yield "seeds", np.array(seeds, np.int64)
        if labels is not None:
            yield "labels", labels.astype(np.int32)
        shape = self.domain.array_shape
        empty = np.empty((0, *shape), np.uint8)
        yield self.domain.name, empty if images is None else images.reshape(len(images), *shape)

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        for name, values in self._arrays_of(seeds, labels, images):
            self._arrays[name] = values.dtype, values.shape[1:]
            data = np.ascontiguousarray(values).data
            with (self._part / name).open("ab" if self._written else "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._checksums[name] = zlib.crc32(data, self._checksums[name])
        self._written += len(images)
        state = {"written": self._written, "checksums": self._checksums}
        atomic_write(self._part / "state.json", json.dumps(state))

    def finish(self) -> None:
        whole = self._part / "whole.npz"
        # Not compressed: that would take longer than generating the images.
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
            for name, (dtype, shape) in self._arrays.items():
                header = {"descr": dtype.str, "fortran_order": False}
                with archive.open(_member(name), "w", force_zip64=True) as member:
                    np.lib.format.write_array_header_1_0(
                        member, {**header, "shape": (self._written, *shape)}
                    )
                    with (self._part / name).open("rb") as file:
                        shutil.copyfileobj(file, member, 2**20)
            if self.marked:
                text = io.BytesIO()
                np.save(text, np.array(self.provenance.to_json()), allow_pickle=False)
                archive.writestr(_member("provenance"), text.getvalue())
        move_into_place(whole, self.out)
        shutil.rmtree(self._part)


def _member(name: str) -> zipfile.ZipInfo:
    # The date is the earliest that a zip can hold, so that the same images give the same file.
    return zipfile.ZipInfo(f"{name}.npy")
