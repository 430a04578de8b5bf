"""Attacks on the page of `gan-sample --explore`: hostile requests, and what is no HTTP."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.forked import Commands

_SECONDS = 60
_PLACE = "seed=1&mix=0"
# A request's path, or all of its bytes.
REQUESTS: dict[str, str | bytes] = {
    "a seed of 5,000 digits": "/image?seed=" + "9" * 5_000,
    "a seed that is no ASCII digit": "/image?seed=%D9%A3",
    "a mix that is no number": "/image?mix=nan",
    "an endless shift": "/image?latent0=1e999",
    "a class that there is not": "/image?label=99",
    "a class below zero": "/image?label=-1",
    "a truncation of nothing": "/image?truncation=-0.0",
    "a truncation that nothing is beyond": "/image?truncation=1e308",
    "bytes that are not UTF-8": "/image?seed=%ff%fe",
    "a NUL": "/image?seed=%00",
    "fifty thousand values": "/image?" + "&".join(f"latent{k}=1" for k in range(5_000)),
    "the same value a thousand times": "/image?" + "seed=1&" * 1_000,
    "a walk of one place": f"/walk?ending=.gif&place={_PLACE}",
    "a walk of fifty places": "/walk?ending=.gif" + "&place=seed%3D1" * 50,
    "a walk to a file of another kind": "/walk?ending=../../x&place=seed%3D1&place=seed%3D2",
    "a walk of nonsense": "/walk?ending=.gif&place=%00&place=%26%26%3D%3D",
    "sound of pictures": "/sound?seed=1",
    "a way out": "/../../etc/passwd",
    "a way out, in codes": "/%2e%2e/%2e%2e/etc/passwd",
    "another path": "/nothing",
    "a download with a name": "/image?seed=1&download=x%0d%0aSet-Cookie:%20a=b",
    "a post": b"POST /image HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9999999999\r\n\r\nx",
    "a length below zero": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: -5\r\n\r\n",
    "a length in letters": b"GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: x\r\n\r\n",
    "a method of our own": b"\x1b[2J / HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "no host": b"GET /image HTTP/1.0\r\n\r\n",
    "another host": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "another site": b"GET /image HTTP/1.1\r\nHost: HOST\r\nOrigin: http://example.org\r\n\r\n",
    "no origin": b"GET /image HTTP/1.1\r\nHost: HOST\r\nOrigin: null\r\n\r\n",
    "a line without an end": b"GET /" + b"a" * 200_000,
    "ten thousand headers": b"GET / HTTP/1.1\r\nHost: HOST\r\n" + b"a: b\r\n" * 10_000 + b"\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00" * 50,
    "nothing": b"",
    "half a request": b"GET /image?se",
}


def asked_of_the_page(commands: Commands, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yields each attempt: what was asked, how it ended, and what is wrong or empty text."""
    for run in ("run", "played"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = ("gan-sample", f"--run_dir={run}", "--explore", f"--port={port}")
        page = commands.start(*command, cwd=folder)
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and not _answers(port):
            time.sleep(0.2)
        for what, request in REQUESTS.items():
            status = _status_of(port, request)
            alive = _status_of(port, "/image?seed=3") == 200 or run == "played"
            wrong = "" if alive and status < 500 else f"status {status}, answers after it: {alive}"
            how = "failed" if wrong else "done" if status == 200 else "refused"
            yield f"{run}: {what}", how, wrong
        page.send_signal(signal.SIGTERM)
        ended = page.wait()
        said = ended.stderr + ("" if ended.returncode in (-signal.SIGTERM, 143) else "?")
        yield (
            f"{run}: the end",
            "failed" if said else "done",
            said and f"{ended.returncode}: {said}",
        )


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _status_of(port: int, request: str | bytes) -> int:
    """Returns the status of an answer; 0 where the connection is closed without one."""
    host = f"127.0.0.1:{port}".encode()
    if isinstance(request, str):
        request = b"GET " + request.encode() + b" HTTP/1.1\r\nHost: HOST\r\n\r\n"
    answer = b""
    with (
        contextlib.suppress(ConnectionError, TimeoutError),
        socket.create_connection(("127.0.0.1", port), _SECONDS) as connection,
    ):
        connection.sendall(request.replace(b"HOST", host, 1))
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(2**16):
            answer += part
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
