"""The workers of a job wait for one another where they can say who is missing, and be ended.

TensorFlow's own start waits for all workers, too; meanwhile it says nothing and heeds no signal.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from gan_cli.errors import UserError

_SECONDS_BETWEEN_ROUNDS = 0.2
_SECONDS_TO_ANSWER = 1.0
# Workers import TensorFlow for some seconds, not all of them equally fast.
_SECONDS_UNTIL_FIRST_LINE = 10.0
_SECONDS_BETWEEN_LINES = 60.0
_MOST_NAMED = 3
_MOST_THREADS = 32


def meet(addresses: Sequence[str], worker: int, say: Callable[[str], object]) -> None:
    """Returns when all workers of a job have started, however long that takes.

    A worker has started when its address answers: here it listens there itself, later TensorFlow
    does. This worker's address is free again when the function returns.

    Args:
      addresses: `host:port` of every worker.
      worker: number of this process.
      say: takes a sentence about the workers that are missing, after ten seconds and then every
        minute.

    Raises:
      UserError: an address has no port, or another process uses this worker's.
    """
    places = [_place(address) for address in addresses]
    began = time.monotonic()
    with _listening(addresses[worker], places[worker][1], began):
        said_at: float | None = None
        missing = [number for number in range(len(addresses)) if number != worker]
        while True:
            problems = _unanswered({number: places[number] for number in missing})
            missing = list(problems)
            if not missing:
                break
            now = time.monotonic()
            due = began + _SECONDS_UNTIL_FIRST_LINE
            if now >= (due if said_at is None else said_at + _SECONDS_BETWEEN_LINES):
                say(_who_is_missing(addresses, problems))
                said_at = now
            time.sleep(_SECONDS_BETWEEN_ROUNDS)
    if said_at is not None:
        say("all workers have started")


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise UserError(
            f"TF_CONFIG: each worker's address must be host:port, such as 10.0.0.1:23456, got"
            f" '{address}'"
        )
    return host.strip("[]"), int(port)


def _listening(address: str, port: int, began: float) -> socket.socket:
    """Returns a socket at a port of this machine; connections wait there and are never read."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    while True:
        try:
            return socket.create_server(
                ("", port), family=family, backlog=1024, dualstack_ipv6=both
            )
        except OSError as error:
            # The process of an earlier job may take a moment to end.
            if time.monotonic() - began < _SECONDS_UNTIL_FIRST_LINE:
                time.sleep(_SECONDS_BETWEEN_ROUNDS)
                continue
            raise UserError(
                f"TF_CONFIG: this worker cannot listen at {address}: {error.strerror}; each worker"
                " needs an index and an address of its own, whose port nobody else uses"
            ) from error


def _unanswered(places: Mapping[int, tuple[str, int]]) -> dict[int, str]:
    """Returns the workers that do not answer, in order, and why."""
    with ThreadPoolExecutor(min(len(places), _MOST_THREADS)) as threads:
        answers = threads.map(_problem_at, places.values())
        return {
            number: problem
            for number, problem in zip(places, answers, strict=True)
            if problem is not None
        }


def _problem_at(place: tuple[str, int]) -> str | None:
    try:
        socket.create_connection(place, _SECONDS_TO_ANSWER).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def who_is_gone(addresses: Sequence[str], worker: int) -> str:
    """Returns which others answer no longer, in words, as worker number `worker` finds them."""
    places = {number: _place(each) for number, each in enumerate(addresses) if number != worker}
    if problems := _unanswered(places):
        return _named(addresses, problems)
    return "another worker"


def _named(addresses: Sequence[str], problems: Mapping[int, str]) -> str:
    named = [
        f"worker {number} at {addresses[number]} ({problem})"
        for number, problem in list(problems.items())[:_MOST_NAMED]
    ]
    if (more := len(problems) - len(named)) > 0:
        named.append(f"{more:,} more")
    return ", ".join(named)


def _who_is_missing(addresses: Sequence[str], problems: Mapping[int, str]) -> str:
    return (
        f"waiting for {_named(addresses, problems)}; {len(addresses) - len(problems):,} of"
        f" {len(addresses):,} workers have started. Ctrl-C or SIGTERM ends this one"
    )
