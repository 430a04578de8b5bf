"""Names that libraries with patterns in their paths read as written."""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

# TensorFlow reads *, ?, [ and \ in a checkpoint's path as a pattern, and takes text that is UTF-8.
_PLAIN = re.compile(r"[^*?\[\]\\\ud800-\udfff]*")


@contextlib.contextmanager
def plain_folder(folder: Path) -> Iterator[str]:
    """Yields a path of an existing folder that is no pattern and is UTF-8.

    The path is the folder's own where that will do, else a link in the temporary folder, which goes
    when the context ends.

    Raises:
      OSError: no link can be made.
    """
    if _PLAIN.fullmatch(str(folder)):
        yield str(folder)
        return
    with tempfile.TemporaryDirectory(prefix="gan-cli-") as beside:
        link = Path(beside) / "folder"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield str(link)
