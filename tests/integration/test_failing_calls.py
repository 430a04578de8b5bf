"""System calls that fail, one after the other, in every command that writes."""

import itertools
import shutil
from collections import Counter

import pytest

from benchmarks.attacks import prepared
from benchmarks.process_attacks import ERRORS, WRITERS, failing_call

# Training, sampling one by one and into arrays, evaluation and export.
COMMANDS = {
    "train": WRITERS[0],
    "many": WRITERS[1],
    "arrays": WRITERS[2],
    "eval": WRITERS[5],
    "export": WRITERS[6],
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """Makes an attempt; says how it ended, and counts it."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    work = tmp_path_factory.mktemp("calls")
    ended: Counter[tuple[str, str]] = Counter()
    numbers = itertools.count()
    with pytest.MonkeyPatch.context() as patch, prepared(work) as campaign:
        patch.setenv("GAN_CLI_CACHE", str(work / "cache"))

        def attack(name, error, at, lasts):
            command, output, prepare = COMMANDS[name]
            attempt = failing_call(command, output, prepare, error, at, lasts)
            folder = work / f"attempt-{next(numbers)}"
            how, wrong = campaign.make(attempt, folder)
            shutil.rmtree(folder)
            ended[name, how] += 1
            assert how in ("done", "refused", "not reached"), f"{attempt.what}: {how}: {wrong}"
            return how

        yield attack
    print("\n".join(f"{name}: {how}: {count}" for (name, how), count in sorted(ended.items())))


@pytest.mark.parametrize(
    ("name", "error", "at"),
    [
        ("train", "ENOSPC", 9),
        ("many", "EIO", 4),
        ("arrays", "EDQUOT", 3),
        ("eval", "EROFS", 1),
        ("export", "ENOSPC", 2),
    ],
)
def test_one_line_and_the_same_files_when_it_is_repeated(attacked, name, error, at):
    assert attacked(name, error, at, lasts=True) != "not reached"


@pytest.mark.slow
@pytest.mark.parametrize("at", range(1, 21))
@pytest.mark.parametrize("name", COMMANDS)
def test_whichever_call_fails(attacked, name, at):
    attacked(name, ERRORS[at % len(ERRORS)], at, lasts=at % 2 == 0)
