"""Attacks on running commands: calls that fail, kills, signals, limits, and company."""

import errno
import itertools
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.attempts import (
    ARRAYS,
    EVALUATE,
    EXPORT,
    MANY,
    PLAY,
    RUNS,
    SAMPLE,
    SAY,
    TRAIN,
    Attempt,
    train,
    unrun,
)

ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
# Of a command's calls that write; later ones are drawn up to this number.
MOST_CALLS = 60
TUNE, SPEAK, COMPOSE = train("tuned.yaml"), train("words.yaml"), train("songs.yaml")
# Commands with their output, and what must be there before them.
WRITERS = (
    (TRAIN, "run", unrun("run")),
    (MANY, "many", unrun()),
    (ARRAYS, "", unrun()),
    ((*SAMPLE[:2], "--out=out/picture.png"), "out", unrun()),
    (SPEAK, "spoken", unrun("spoken")),
    (EVALUATE, "run/evaluations", unrun()),
    (EXPORT, "", unrun()),
    (TUNE, "tuned", unrun("tuned")),
    ((*SAY[:2], "--out=said.jsonl", "--until=40"), "", unrun()),
    (COMPOSE, "played", unrun("played")),
    (PLAY, "", unrun()),
)


def failing_calls(rng: random.Random) -> Iterator[Attempt]:
    for number in itertools.count():
        command, output, prepare = WRITERS[number % len(WRITERS)]
        error = ERRORS[number % len(ERRORS)]
        at, lasting = rng.randint(1, MOST_CALLS if number % 4 == 3 else 12), rng.random()
        yield failing_call(command, output, prepare, error, at, lasting < 0.5)


def failing_call(
    command: tuple[str, ...],
    output: str,
    prepare: Callable[[Path], None],
    error: str,
    at: int,
    lasts: bool,
) -> Attempt:
    """Lets a call of a command that writes below `output` fail, or, `lasts`, all from it on."""
    settings = (
        ("FAULT_UNDER", output),
        ("FAULT_AT", str(at)),
        ("FAULT_ERRNO", str(getattr(errno, error))),
        ("FAULT_LASTING", str(int(lasts))),
    )
    more = " and all later ones" if lasts else ""
    what = f"{' '.join(command)}: call {at}{more}: {error}"
    return Attempt("a failing system call", what, command, prepare, settings, repeats=True)


def kills(rng: random.Random) -> Iterator[Attempt]:
    """Ends commands at a random moment; the same command, given again, ends as if undisturbed."""
    signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGINT)
    for number in itertools.count():
        command, _, prepare = WRITERS[rng.randrange(len(WRITERS))]
        name = signals[number % len(signals)]
        longest = 12 if command[0] == "gan-train" else 5
        strike = (int(name), rng.uniform(0.05, longest))
        what = f"{' '.join(command)}: {name.name} after {strike[1]:.1f} s"
        yield Attempt("a signal", what, command, prepare, strike=strike, repeats=True)


LIMITS = (
    ("RLIMIT_FSIZE", 4_096),
    ("RLIMIT_FSIZE", 500),
    ("RLIMIT_NOFILE", 24),
    ("RLIMIT_CPU", 2),
    ("RLIMIT_CORE", 0),
)
OUTPUTS = ("/dev/full", "/dev/null", "closed", "broken pipe")
ENVIRONMENTS = (
    ("GAN_CLI_CACHE", "/dev/null"),
    ("GAN_CLI_CACHE", "/proc/nowhere"),
    ("GAN_CLI_CACHE", "x" * 300),
    ("GAN_CLI_CACHE", "\x1b[2J"),
    ("GAN_CLI_CACHE", ""),
    ("HOME", ""),
    ("HOME", "/dev/null"),
    ("COLUMNS", "0"),
    ("COLUMNS", "-7"),
    ("COLUMNS", "x"),
    ("LC_ALL", "C"),
    ("PYTHONUTF8", "0"),
    ("PYTHONIOENCODING", "ascii:strict"),
    ("TERM", "dumb"),
    ("TMPDIR", "/proc/nowhere"),
    ("TF_CONFIG", "{"),
    ("TF_CONFIG", '{"cluster": {"worker": "x"}, "task": []}'),
    ("TF_CPP_MIN_LOG_LEVEL", "x"),
    ("TZ", "\x1b[2J"),
    ("MPLBACKEND", "nothing"),
    ("MPLCONFIGDIR", "/dev/null"),
    ("CUDA_VISIBLE_DEVICES", "x"),
    ("NO_COLOR", "1"),
    ("FORCE_COLOR", "1"),
)
SHORT = ((*TRAIN, "--dry_run"), SAMPLE, EVALUATE, SAY, PLAY)


def surroundings() -> Iterator[Attempt]:
    writers = [(command, prepare) for command, _, prepare in WRITERS]
    for number, (limit, (command, prepare)) in enumerate(itertools.product(LIMITS, writers)):
        del number
        what = f"{' '.join(command)}: {limit[0]} of {limit[1]}"
        yield Attempt("limits and surroundings", what, command, prepare, limits=(limit,))
    for output, (command, prepare) in itertools.product(OUTPUTS, writers):
        what = f"{' '.join(command)}: output to {output}"
        yield Attempt(
            "limits and surroundings", what, command, prepare, output=output, repeats=True
        )
    for variable, command in itertools.product(ENVIRONMENTS, SHORT):
        what = f"{' '.join(command)}: {variable[0]}={variable[1]!a:.30}"
        yield Attempt("limits and surroundings", what, command, environment=(variable,))


def in_company() -> Iterator[Attempt]:
    """Commands that run at the same time, in the same places."""
    longer = tuple((*train(config), "--set=training.kimg=0.48") for config in RUNS)
    pairs = [
        (TRAIN, (TRAIN,), unrun("run")),
        (SPEAK, (SPEAK,), unrun("spoken")),
        (longer[0], (SAMPLE,), unrun()),
        (longer[0], (EVALUATE,), unrun()),
        (longer[0], (MANY,), unrun()),
        (longer[1], (SAY,), unrun()),
        (longer[2], (PLAY,), unrun()),
        # Weights are taken from a run that is being trained.
        (TUNE, (longer[0],), unrun("tuned")),
        (TUNE, (TUNE,), unrun("tuned")),
        (MANY, (MANY, MANY), unrun()),
        (ARRAYS, (ARRAYS, ARRAYS), unrun()),
        (EVALUATE, (EVALUATE, EVALUATE), unrun()),
        (EXPORT, (EXPORT,), unrun()),
        (SAMPLE, (SAMPLE, SAMPLE), unrun()),
        (SAY, (SAY, (*SAY, "--seed=7")), unrun()),
        (MANY, ((*MANY, "--seed=7"),), unrun()),
        (ARRAYS, ((*ARRAYS, "--seed=7"),), unrun()),
        (("gan-train", "--cache=clear"), (TRAIN, EVALUATE), unrun("run")),
        (EVALUATE, (("gan-train", "--cache=clear"), SAMPLE), unrun()),
        (longer[0], (EVALUATE, SAMPLE), _without_scores),
    ]
    for command, beside, prepare in pairs:
        others = " beside ".join(" ".join(each) for each in beside)
        what = f"{' '.join(command)} beside {others}"
        yield Attempt("in company", what, command, prepare, beside=beside)


def _without_scores(folder: Path) -> None:
    unrun("run/evaluations", "run/checkpoints/best.json")(folder)
