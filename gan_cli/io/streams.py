"""Standard output and error that do not end the work when they cannot be written."""

import contextlib
import errno
import logging
import os
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO


def printable(text: str) -> str:
    """Returns a text that comes from outside as it may reach a terminal.

    Line breaks stay. What could steer the terminal, change the direction of writing, or is no text,
    such as a byte of a file name that is not UTF-8, becomes an escape sequence.
    """
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in text)


def _is_shown(character: str) -> bool:
    is_space = character == "\n" or unicodedata.category(character) == "Zs"
    return character.isprintable() or is_space


class ReportLine(logging.Formatter):
    """What a module reports by its logger, as a line that begins as those of errors do."""

    def __init__(self, command: str):
        super().__init__()
        self._command = command

    def format(self, record: logging.LogRecord) -> str:
        return f"{self._command}: {record.levelname.lower()}: {printable(super().format(record))}"


class LastingStream:
    """A text stream that swallows everything after its first failure.

    The reader of a pipe may leave, a disk may be full, a terminal may hang up; what is being done
    continues.

    Attributes:
      failure: what went wrong; None: nothing so far.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.failure: OSError | None = None
        # An encoding that lacks a letter shows an escape sequence.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        if self.failure is None:
            with self._noting():
                self.stream.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self.failure is None:
            with self._noting():
                self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            self._discard()

    def _discard(self) -> None:
        """Gives the buffered rest a place to go, so that Python's last flush does not fail."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def lasting_output() -> Iterator[LastingStream]:
    """Lets standard output and error fail without an exception; yields standard output.

    Where one of them was closed by whoever started the program, it leads nowhere from here on.
    """
    _open_standard_streams()
    streams = sys.stdout, sys.stderr
    output, error = LastingStream(sys.stdout), LastingStream(sys.stderr)
    sys.stdout, sys.stderr = output, error  # type: ignore[assignment]
    try:
        yield output
    finally:
        output.flush()
        error.flush()
        sys.stdout, sys.stderr = streams


def _open_standard_streams() -> None:
    # Otherwise the next file to be opened would get the number, and what TensorFlow writes to
    # standard error with it.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(nowhere := os.open(os.devnull, os.O_RDWR), number)
            if nowhere != number:
                os.close(nowhere)
    # Python has None for streams that were closed as it started.
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def lost_output(output: LastingStream) -> str | None:
    """Returns why not all output was written, in one line.

    None where all was written, or the reader of a pipe has left, as `head` does.
    """
    output.flush()
    failure = output.failure
    if failure is None or failure.errno == errno.EPIPE:
        return None
    return f"standard output cannot be written: {failure.strerror}; the rest of it is lost"
