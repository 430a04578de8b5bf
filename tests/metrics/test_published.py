"""The published graph: fetched once, held against its hash, and never half."""

import functools
import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from frozen_graph import write_graph

from gan_cli.errors import UserError
from gan_cli.evaluation.images import score_images
from gan_cli.evaluation.requests import ImagesRequest
from gan_cli.metrics.features import published


class Server(ThreadingHTTPServer):
    """Serves `content` by path, and keeps the paths that it was asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.silent = threading.Event()

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/silent":
            self.server.silent.wait(20)
        content = self.server.content.get(self.path)
        self.send_response(404 if content is None else 200)
        # Of a file that is cut off the length is told all the same.
        self.send_header("Content-Length", str(len(content or b"") + 9 * ("cut" in self.path)))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.silent.set()
        running.shutdown()
        thread.join()


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as file:
        link = tarfile.TarInfo(f"links/{published.NAME}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
        for name, data in members.items():
            info = tarfile.TarInfo(f"./{name}.pb")
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return content.getvalue()


GRAPH = bytes(range(256)) * 40
published_graph = functools.partial(
    published.published_graph, num_bytes=len(GRAPH), seconds_to_answer=1
)


@pytest.fixture
def cache(tmp_path, monkeypatch, server):
    """An empty cache, and `GRAPH` as the published graph."""
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(published, "SHA256", hashlib.sha256(GRAPH).hexdigest())
    served = tuple(server.address(path) for path in ("/graph.pb", "/archive.tgz"))
    monkeypatch.setattr(published, "SOURCES", served)
    return tmp_path / "cache" / "features" / published.NAME


def test_the_hash_and_the_addresses_are_whole():
    assert len(bytes.fromhex(published.SHA256)) == 32
    assert all(source.startswith("https://") for source in published.SOURCES)


def test_the_first_time_it_is_fetched_and_later_kept(server, cache):
    server.content["/graph.pb"] = GRAPH
    assert published_graph() == GRAPH
    assert cache.read_bytes() == GRAPH
    assert published_graph() == GRAPH
    assert server.asked == ["/graph.pb"]


@pytest.mark.parametrize("first", [None, GRAPH[:-1], GRAPH + b"x", b"", GRAPH[::-1]])
def test_another_source_stands_in_for_one_that_fails(server, cache, first):
    if first is not None:
        server.content["/graph.pb"] = first
    server.content["/archive.tgz"] = archive(other=b"x" * 20_000, classify_image_graph_def=GRAPH)
    assert published_graph() == GRAPH
    assert cache.read_bytes() == GRAPH
    assert server.asked == ["/graph.pb", "/archive.tgz"]


@pytest.mark.parametrize("damage", [b"", GRAPH[:100], GRAPH[::-1]])
def test_a_damaged_copy_is_fetched_again(server, cache, damage, caplog):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(damage)
    server.content["/graph.pb"] = GRAPH
    assert published_graph() == GRAPH
    assert cache.read_bytes() == GRAPH
    assert "downloading it again" in caplog.text


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("/none.pb", None, "HTTP Error 404"),
        ("/other.pb", GRAPH[::-1], "its SHA-256 is"),
        ("/long.pb", GRAPH + b"x", "more than 10,240 bytes"),
        ("/cut.pb", GRAPH[:500], "must be"),
        ("/silent", GRAPH, "timed out"),
        ("/no.tgz", b"\x1f\x8bno archive", ""),
        ("/other.tgz", archive(another=GRAPH), "the archive holds no classify_image_graph_def.pb"),
        ("/short.tgz", archive(classify_image_graph_def=GRAPH)[:-200], ""),
    ],
)
def test_a_failed_download_is_one_line_that_says_what_to_do(
    server, cache, monkeypatch, path, content, problem
):
    monkeypatch.setattr(published, "SOURCES", (server.address(path),))
    if content is not None:
        server.content[path] = content
    with pytest.raises(UserError) as caught:
        published_graph()
    (line,) = caught.value.problems
    assert line.startswith(
        "evaluation.features: the Inception graph cannot be downloaded (127.0.0.1: "
    )
    assert problem in line
    assert line.endswith("without a network, give its path: inception:classify_image_graph_def.pb")
    assert not cache.parent.exists() or not list(cache.parent.iterdir())


def test_without_a_network(cache, monkeypatch):
    # Nothing listens there.
    monkeypatch.setattr(published, "SOURCES", ("http://127.0.0.1:1/graph.pb",))
    with pytest.raises(UserError, match=r"cannot be downloaded \(127\.0\.0\.1: .*refused"):
        published_graph()


def test_a_cache_that_cannot_be_written_costs_only_time(server, cache, caplog):
    cache.parent.parent.mkdir()
    cache.parent.write_text("in the way")
    server.content["/graph.pb"] = GRAPH
    assert published_graph() == GRAPH
    assert "cannot be saved in the cache" in caplog.text


def test_images_are_scored_by_fid_from_the_name_alone(server, cache, tmp_path, monkeypatch):
    write_graph(tmp_path / "graph.pb")
    graph = (tmp_path / "graph.pb").read_bytes()
    monkeypatch.setattr(published, "SHA256", hashlib.sha256(graph).hexdigest())
    server.content["/archive.tgz"] = archive(classify_image_graph_def=graph)
    rng = np.random.default_rng(0)
    for name in ("real", "fake"):
        np.savez(tmp_path / f"{name}.npz", rng.integers(0, 256, (12, 12, 12, 3), dtype=np.uint8))
    real, fake = (str(tmp_path / f"{name}.npz") for name in ("real", "fake"))
    scored = score_images(
        ImagesRequest(real=real, fake=fake, features="inception", metrics=("frechet",))
    )
    assert scored.features.name == "inception"
    assert list(scored.scores) == ["fid"]
    assert cache.read_bytes() == graph


def test_the_download_reports_how_far_it_is(server, cache):
    server.content["/graph.pb"] = GRAPH
    heard = []
    published_graph(lambda done, total: heard.append((done, total)))
    assert heard == [(0, 1)]
    # From the cache there is nothing to report.
    published_graph(lambda done, total: heard.append((done, total)))
    assert len(heard) == 1
