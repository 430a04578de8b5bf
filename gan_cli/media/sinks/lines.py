"""Text files with a string a line, plain or as JSON."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_cli.domains.tokens import Strings
from gan_cli.io.files import move_into_place, unfinished
from gan_cli.media.credentials import Signer
from gan_cli.media.encode import sidecar
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.sink import Sink
from gan_cli.media.text_lines import Line, encoded_lines


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
        self._part = unfinished(out)
        self._ending = out.suffix.lower()

    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        self._hold_name()
        self._part.write_bytes(b"")
        return 0

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        lines = seeded_lines(self.domain, images, seeds, labels, self.class_names)
        with self._part.open("ab") as file:
            file.write(encoded_lines(lines, self._ending, self.provenance if self.marked else None))

    def finish(self) -> None:
        if self.marked and self._ending != ".jsonl":
            self._keep_record(sidecar(self.out))
        move_into_place(self._part, self.out)


def seeded_lines(
    domain: Strings,
    samples: np.ndarray,
    seeds: Sequence[int],
    labels: np.ndarray | None,
    class_names: Sequence[str],
) -> list[Line]:
    """Returns strings with their seeds and, where there are labels, the names of their classes."""
    named: list[dict[str, str]] = [{}] * len(samples)
    if labels is not None:
        named = [{"label": class_names[label]} for label in labels]
    return [
        Line(text, {"seed": seed, **name})
        for text, seed, name in zip(domain.decoded(samples), seeds, named, strict=True)
    ]
