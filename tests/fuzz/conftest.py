"""What every fuzz test does with a case: only `UserError` may come out, soon, and no file changes.

The cases are the same in every run. GAN_CLI_FUZZ_CASES sets how many each test tries; `make fuzz`
sets it to thousands.
"""

import contextlib
import hashlib
import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gan_cli.errors import UserError

CASES = int(os.environ.get("GAN_CLI_FUZZ_CASES", "40"))
# Far more than any case needs, on any machine: what takes longer hangs.
SECONDS_A_CASE = 60
COUNT = {"cases": 0, "refused": 0}

settings.register_profile(
    "gan-cli-fuzz",
    max_examples=CASES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def only_user_errors():
    """A context in which one case runs; see the module."""

    @contextlib.contextmanager
    def case(*untouched: Path) -> Iterator[None]:
        problems = ["none"]
        before = [_content(path) for path in untouched]
        COUNT["cases"] += 1
        previous = signal.signal(signal.SIGALRM, _hangs)
        signal.alarm(SECONDS_A_CASE)
        try:
            # A warning would be a second, unexplained line on the terminal.
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                yield
        except UserError as error:
            COUNT["refused"] += 1
            problems = list(error.problems)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, previous)
        assert problems
        assert all(problem and "\n" not in problem for problem in problems)
        assert [_content(path) for path in untouched] == before

    return case


def _hangs(signum, frame):
    raise AssertionError(f"a case took more than {SECONDS_A_CASE} seconds")


def _content(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


@pytest.fixture(scope="session")
def mutated():
    """A strategy: some bytes with a few places changed, cut out, doubled or cut off."""

    def strategy(seed: bytes, most_changes: int = 6) -> st.SearchStrategy[bytes]:
        place = st.integers(0, max(len(seed) - 1, 0))
        extremes = st.sampled_from([b"\x00", b"\xff", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80"])
        piece = st.one_of(extremes, st.binary(min_size=1, max_size=8))
        change = st.one_of(
            st.tuples(st.just("set"), place, piece),
            st.tuples(st.just("insert"), place, piece),
            st.tuples(st.just("remove"), place, st.integers(1, 64)),
            st.tuples(st.just("double"), place, st.integers(1, 64)),
            st.tuples(st.just("flip"), place, st.integers(0, 7)),
            st.tuples(st.just("cut"), place, st.none()),
        )
        return st.lists(change, min_size=1, max_size=most_changes).map(
            lambda changes: _changed(seed, changes)
        )

    return strategy


def _changed(content: bytes, changes: list[tuple]) -> bytes:
    for kind, at, what in changes:
        if kind == "set":
            content = content[:at] + what + content[at + len(what) :]
        elif kind == "insert":
            content = content[:at] + what + content[at:]
        elif kind == "remove":
            content = content[:at] + content[at + what :]
        elif kind == "double":
            content = content[: at + what] + content[at:]
        elif kind == "cut":
            content = content[:at]
        elif at < len(content):
            content = content[:at] + bytes([content[at] ^ 1 << what]) + content[at + 1 :]
    return content


def pytest_terminal_summary(terminalreporter):
    if COUNT["cases"]:
        terminalreporter.write_line(
            f"fuzz: {COUNT['cases']:,} cases, {COUNT['refused']:,} of them refused as they should"
            " be; no traceback, no hang, no file harmed, unless a test above says so"
        )
