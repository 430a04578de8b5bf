"""The Inception graph of 2015-12-05 as published: its addresses and its hash."""

import hashlib
import http.client
import io
import logging
import tarfile
import urllib.request
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from gan_cli.data.materialise import cache_folder
from gan_cli.errors import UserError, first_line
from gan_cli.io.cache import write_bytes

NAME = "classify_image_graph_def.pb"
# Hash of the file itself, 95,673,916 bytes in the original archive and in the copy beside
# guided-diffusion's evaluator. Three projects measured and published the same hash: the evaluation
# guide of MIND-B, the asset notes of CoFiTok, and an asset list for the evaluator of TiTok
# generators. A fourth gives its MD5, e6bb154e85f5d4331c22abcddb5dcf31, with the same size.
SHA256 = "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6"
_NUM_BYTES = 95_673_916
SOURCES = (
    # The address that OpenAI's evaluator uses.
    "https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/" + NAME,
    # The original, within an archive.
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz",
)
_SECONDS_TO_ANSWER = 30
_BLOCK = 2**20
_FAILURES = (OSError, ValueError, EOFError, http.client.HTTPException, tarfile.TarError)

Progress = Callable[[int, int], None] | None

_logger = logging.getLogger(__name__)


def published_graph(
    progress: Progress = None,
    num_bytes: int = _NUM_BYTES,
    seconds_to_answer: float = _SECONDS_TO_ANSWER,
) -> bytes:
    """Returns the graph from the cache or, the first time, from the network.

    Its content is compared with the hash, wherever it comes from.

    Args:
      progress: called during a download with the megabytes received so far and in all.
      num_bytes: size of the graph; a longer download is broken off.
      seconds_to_answer: how long a server may stay silent.

    Raises:
      UserError: it can be read from neither.
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
    content = _downloaded(progress, num_bytes, seconds_to_answer)
    problem = write_bytes(path, content)
    if problem:
        # The graph in memory is sound; only the next run has to download it again.
        _logger.warning("%s: cannot be saved in the cache: %s", path, problem)
    return content


def _downloaded(progress: Progress, num_bytes: int, seconds_to_answer: float) -> bytes:
    problems = []
    for source in SOURCES:
        try:
            content = _fetched(source, progress, num_bytes, seconds_to_answer)
            if source.endswith(".tgz"):
                content = _member(content, num_bytes)
            _check(content)
            return content
        except _FAILURES as error:
            problems.append(f"{urlsplit(source).hostname}: {first_line(error)}")
    raise UserError(
        f"evaluation.features: the Inception graph cannot be downloaded ({'; '.join(problems)});"
        f" without a network, give its path: inception:{NAME}"
    )


def _fetched(url: str, progress: Progress, num_bytes: int, seconds_to_answer: float) -> bytes:
    """Returns what an address holds.

    Raises:
      ValueError: it is longer than the graph.
    """
    content = io.BytesIO()
    with urllib.request.urlopen(url, timeout=seconds_to_answer) as response:
        total = response.length or num_bytes
        while block := response.read(_BLOCK):
            content.write(block)
            if content.tell() > num_bytes:
                raise ValueError(f"more than {num_bytes:,} bytes")
            if progress is not None:
                progress(content.tell() // _BLOCK, -(-total // _BLOCK))
    return content.getvalue()


def _member(archive: bytes, num_bytes: int) -> bytes:
    """Returns the graph out of the archive; unpacks no other member."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            if member.isfile() and PurePosixPath(member.name).name == NAME:
                content = members.extractfile(member)
                assert content is not None  # A plain file has content.
                return content.read(num_bytes)
    raise ValueError(f"the archive holds no {NAME}")


def _check(content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"its SHA-256 is {found[:12]}..., must be {SHA256[:12]}...")
