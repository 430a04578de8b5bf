"""One npz file of arrays, written in pieces."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np

from gan_cli.domains.domain import Domain
from gan_cli.io.files import force_to_disk
from gan_cli.media.credentials import Signer
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.sink import Sink


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
        self._part = out.with_name(f".{out.name}.part")
        self._arrays: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}

    def start(self) -> int:
        record = self._part / "export.json"
        self._refuse_another(record, f"the unfinished {self._part}")
        if not record.is_file():
            self._keep_record(record)
        try:
            state = json.loads((self._part / "state.json").read_text())
            written = state["written"]
            for name, (dtype, shape, size) in state["arrays"].items():
                if name not in (self.domain.name, "seeds", "labels"):
                    raise ValueError(name)
                self._arrays[name] = np.dtype(dtype), tuple(shape)
                # What was written after the state was last noted is written again.
                os.truncate(self._part / name, size)
        except (OSError, ValueError, KeyError, TypeError):
            self._arrays = {}
            written = 0
        self._written = written
        return written

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        parts = {"seeds": np.array(seeds, np.int64)}
        if labels is not None:
            parts["labels"] = labels.astype(np.int32)
        parts[self.domain.name] = images.reshape(len(images), *self.domain.array_shape)
        for name, values in parts.items():
            self._arrays[name] = values.dtype, values.shape[1:]
            with (self._part / name).open("ab" if self._written else "wb") as file:
                file.write(np.ascontiguousarray(values).data)
        self._written += len(images)
        arrays = {
            name: (dtype.str, shape, (self._part / name).stat().st_size)
            for name, (dtype, shape) in self._arrays.items()
        }
        state = json.dumps({"written": self._written, "arrays": arrays})
        aside = self._part / "state.aside"
        aside.write_text(state)
        aside.replace(self._part / "state.json")

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
        force_to_disk(whole)
        whole.replace(self.out)
        force_to_disk(self.out.parent)
        shutil.rmtree(self._part)


def _member(name: str) -> zipfile.ZipInfo:
    # The date is the earliest that a zip can hold, so that the same images give the same file.
    return zipfile.ZipInfo(f"{name}.npy")
