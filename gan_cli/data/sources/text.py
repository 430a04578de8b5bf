"""Lines of text: a .txt file with a sample a line, or a folder of such files, each a class."""

from __future__ import annotations

import os
from pathlib import Path

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import SourceSplits
from gan_cli.data.sources.source import Source
from gan_cli.data.strings import Labelled, Prepared, TextForm, prepare_strings
from gan_cli.domains.tokens import Strings, strings_of
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path
from gan_cli.io.regular import open_regular

_LONGEST = 32
# Of all files together. Beyond this, reading them whole into memory is no longer right; a line
# takes some 200 bytes more than its characters.
_MOST_BYTES = 1_000_000_000
_MOST_LINES = 20_000_000


def open_source(config: DataConfig) -> SourceSplits:
    """Opens the lines of `data.path`, a UTF-8 file or a folder of files that end in .txt.

    A byte order mark, carriage returns and white space around a line are removed. Of equal lines
    of a class, one is kept.

    Raises:
      UserError: there are no such files, one is not UTF-8 or holds a NUL, or no line is left.
    """
    prepared, class_names = _prepared(config)
    return SourceSplits(prepared.collection(class_names, "text"))


def domain_of(config: DataConfig) -> Strings:
    """Returns the kind of sample; reads the lines where length or alphabet is open."""
    keys = config.text
    if keys.length is not None and keys.alphabet is not None:
        return strings_of(keys.alphabet, max(keys.length, 2))
    prepared, _ = _prepared(config)
    return strings_of(prepared.alphabet, prepared.length)


def _prepared(config: DataConfig) -> tuple[Prepared, tuple[str, ...]]:
    keys = config.text
    if keys.path is None:
        raise UserError("data.path: is required for source 'text'")
    root = user_path(keys.path)
    if not root.exists():
        raise UserError(f"data.path: {root} does not exist; it must be a .txt file or a folder")
    files = [root]
    if root.is_dir():
        files = sorted(path for path in root.glob("*.txt") if path.is_file())
        if not files:
            raise UserError(f"data.path: {root} holds no .txt file")
    class_names = tuple(file.stem for file in files) if len(files) > 1 else ()
    found: list[Labelled] = []
    left = _MOST_BYTES
    for label, file in enumerate(files):
        text = _text(file, left)
        left -= len(text)
        if len(found) + text.count("\n") > _MOST_LINES:
            raise UserError(
                f"data.path: {root} has more than {_MOST_LINES:,} lines, the most that are read"
            )
        found += [Labelled(line, label if class_names else None) for line in _lines(text)]
    form = TextForm(keys.length, keys.case, keys.on_long, keys.alphabet)
    return prepare_strings(found, form, _LONGEST), class_names


def _text(file: Path, most_bytes: int) -> str:
    try:
        with open_regular(file) as stream:
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(most_bytes + 1)
    except OSError as error:
        raise UserError(f"data.path: {file}: cannot be read: {error.strerror}") from error
    if len(content) > most_bytes:
        raise UserError(
            f"data.path: {file} has {size:,} bytes; at most {_MOST_BYTES:,} are read, of all files"
            " together"
        )
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise UserError(f"data.path: {file}: line {line} holds a NUL byte; it is no plain text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(
            f"data.path: {file}: line {line} is not UTF-8 (byte 0x{error.object[error.start]:02x});"
            " convert it, such as by: iconv -f latin1 -t utf8"
        ) from error


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.split("\n")]
    # What follows the last newline is a line only if there is something.
    return lines[:-1] if not lines[-1] else lines


SOURCE = Source(open_source, domain_of)
