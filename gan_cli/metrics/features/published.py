"""The Inception graph of 2015-12-05 as published: where it lies, and the hash to know it by."""

import hashlib
import http.client
import io
import logging
import tarfile
import urllib.request
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import wrap_file

from gan_cli.data.materialise import cache_folder
from gan_cli.errors import UserError, first_line
from gan_cli.io.cache import write_bytes

NAME = "classify_image_graph_def.pb"
# Of the file itself, which has 95,673,916 bytes in the original archive and in the copy beside
# guided-diffusion's evaluator. Three projects name this hash for it, each by its own measurement:
# the evaluation guide of MIND-B, the asset notes of CoFiTok, and an asset list for the evaluator of
# TiTok generators; a fourth its MD5, e6bb154e85f5d4331c22abcddb5dcf31, with the same size.
SHA256 = "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6"
_NUM_BYTES = 95_673_916
SOURCES = (
    # As OpenAI's evaluator takes it.
    "https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/" + NAME,
    # The original, within an archive.
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz",
)
_SECONDS_TO_ANSWER = 30
_BLOCK = 2**20
_FAILURES = (OSError, ValueError, EOFError, http.client.HTTPException, tarfile.TarError)

_logger = logging.getLogger(__name__)


def published_graph() -> bytes:
    """Returns the graph, from the cache or, the first time, from the network.

    Whatever lies in the cache or comes from the network is held against the hash.

    Raises:
      UserError: it is in neither.
    """
    path = cache_folder("features") / NAME
    try:
        content = path.read_bytes()
        _check(content)
        return content
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        _logger.warning("%s: cannot be used, downloading it again: %s", path, error)
    content = _downloaded()
    problem = write_bytes(path, content)
    if problem:
        # The graph in hand is sound; only the next run pays for it again.
        _logger.warning("%s: cannot be kept for next time: %s", path, problem)
    return content


def _downloaded() -> bytes:
    problems = []
    for source in SOURCES:
        try:
            content = _fetched(source)
            if source.endswith(".tgz"):
                content = _member(content)
            _check(content)
            return content
        except _FAILURES as error:
            problems.append(f"{urlsplit(source).hostname}: {first_line(error)}")
    raise UserError(
        f"evaluation.features: the Inception graph cannot be had ({'; '.join(problems)});"
        f" without a network, give its path: inception:{NAME}"
    )


def _fetched(url: str) -> bytes:
    """The content behind an address, as long as it is not longer than the graph."""
    console, content = Console(stderr=True), io.BytesIO()
    with (
        urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as response,
        wrap_file(
            response,
            response.length or _NUM_BYTES,
            description=f"downloading {NAME}",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as file,
    ):
        while block := file.read(_BLOCK):
            content.write(block)
            if content.tell() > _NUM_BYTES:
                raise ValueError(f"more than {_NUM_BYTES:,} bytes")
    return content.getvalue()


def _member(archive: bytes) -> bytes:
    """The graph out of the archive; nothing else of it is unpacked."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            if member.isfile() and PurePosixPath(member.name).name == NAME:
                content = members.extractfile(member)
                assert content is not None  # A plain file has content.
                return content.read(_NUM_BYTES)
    raise ValueError(f"the archive holds no {NAME}")


def _check(content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"its SHA-256 is {found[:12]}..., must be {SHA256[:12]}...")
