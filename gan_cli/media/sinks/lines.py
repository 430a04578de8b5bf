"""Text files with a string a line, plain or as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_cli.domains.tokens import Strings
from gan_cli.io.files import force_to_disk
from gan_cli.media.credentials import Signer
from gan_cli.media.encode import sidecar
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.sink import Sink


class LineSink(Sink):
    """`NAME.txt`, a string a line, or `NAME.jsonl`, an object with `seed`, `label` and `text` each.

    Until the file is whole, its lines lie in the hidden file `.NAME.part` beside it; what was
    interrupted is written anew. `NAME.txt.json` says where the strings come from; in `NAME.jsonl`,
    each object does, in `provenance`.

    Args:
      domain: the kind of the samples.
      class_names: names of the labels, which stand in `label`.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None,
        domain: Strings,
        class_names: tuple[str, ...],
    ):
        super().__init__(out, provenance, marked, count, signer)
        self.domain, self.class_names = domain, class_names
        self._part = out.with_name(f".{out.name}.part")
        self._is_json = out.suffix.lower() == ".jsonl"

    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        self._part.write_bytes(b"")
        return 0

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        lines = self.domain.decoded(images)
        if self._is_json:
            origin = {"provenance": json.loads(self.provenance.to_json())} if self.marked else {}
            named: list[str | None] = [None] * len(lines)
            if labels is not None:
                named = [self.class_names[label] for label in labels]
            lines = [
                json.dumps(
                    {
                        "seed": seed,
                        **({} if name is None else {"label": name}),
                        "text": text,
                        **origin,
                    },
                    ensure_ascii=False,
                )
                for seed, name, text in zip(seeds, named, lines, strict=True)
            ]
        with self._part.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)

    def finish(self) -> None:
        if self.marked and not self._is_json:
            self._keep_record(sidecar(self.out))
        force_to_disk(self._part)
        self._part.replace(self.out)
        force_to_disk(self.out.parent)
