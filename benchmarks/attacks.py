"""Attacks small runs in hundreds of ways; each must end in its result or in one line.

python -m benchmarks.attacks [ATTEMPTS] [SEED] [MINUTES]

Trains a run of images, one of text, one of music and one that starts from another's weights, and
then harms copies of them:

- `file_attacks`: files of a run, single values in them, the data, and files that flags name;
- `process_attacks`: system calls that fail, signals, limits, surroundings, and other commands in
  the same place;
- `name_attacks`: names, numbers and settings that nothing can hold.

An attempt fails if the command prints a traceback, is ended by another signal than the one it was
sent, takes more than 400 seconds, exits with another status than 0, 1 or 2, or prints raw control
characters. Where a disturbed command is repeated undisturbed, it is lost if what it leaves differs
from what an undisturbed one leaves.
"""

import contextlib
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.attempts import (
    ARRAYS,
    EVALUATE,
    MANY,
    Attempt,
    link_data,
    train,
)
from benchmarks.file_attacks import (
    damaged_data,
    damaged_files,
    edited_files,
    named_files,
    progress_files,
)
from benchmarks.forked import Commands, Running
from benchmarks.name_attacks import hostile_flags, hostile_names
from benchmarks.process_attacks import failing_calls, in_company, kills, surroundings
from benchmarks.small_runs import CONFIGS, write_data

MOST_LINES = 12
WAYS = ("done", "refused", "not reached", "failed", "lost")


def attempts(count: int, seed: int) -> list[Attempt]:
    """Returns so many attempts, drawn evenly from all kinds."""
    rng = random.Random(seed)
    finite = (damaged_files, damaged_data, named_files, progress_files, surroundings, in_company,
              hostile_names, hostile_flags)  # fmt: skip
    kinds = [list(kind()) for kind in finite]
    for kind in kinds:
        rng.shuffle(kind)
    # Of these there are as many as are asked for.
    kinds += [
        list(itertools.islice(make(random.Random(rng.random())), count))
        for make in (failing_calls, kills, edited_files)
    ]
    in_turn = [each for each in itertools.chain(*itertools.zip_longest(*kinds)) if each]
    return in_turn[:count]


def make_runs(commands: Commands, folder: Path) -> None:
    """Trains the runs that are attacked, scores one, and leaves two bulk exports half done."""
    write_data(folder)

    def run(*command: str, **settings: object) -> None:
        ended = commands.run(*command, cwd=folder)
        if ended.returncode:
            raise SystemExit(f"could not make the runs:\n{ended.stdout}\n{ended.stderr}")

    for config in CONFIGS:
        run(*train(config))
    run(*EVALUATE)
    next((folder / "run/evaluations").glob("*.json")).rename(folder / "run/evaluations/scores.json")
    (folder / "run/guard.jsonl").touch()
    # As an export of 40 leaves them that was killed after its first part.
    run(*MANY)
    for path in sorted((folder / "many").glob("*.png"))[20:]:
        path.unlink()
    (folder / "many/.written").write_text("20")
    part = folder / "part"
    part.mkdir()
    (folder / "many").rename(part / "many")
    halved_arrays(commands, folder, part)


def halved_arrays(commands: Commands, folder: Path, part: Path) -> None:
    """Leaves the folder of an unfinished npz: the last call of an export fails."""
    settings = {"FAULT_UNDER": str(folder / "a.npz"), "FAULT_AT": "1", "FAULT_ERRNO": "28"}
    commands.start(*ARRAYS, cwd=folder, environment=settings).wait()
    (folder / ".a.npz.part").rename(part / ".a.npz.part")


def contents(folder: Path) -> dict[str, str]:
    """Returns the hash of every file that must be equal however often a command was disturbed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        counts = path.suffix in (".png", ".npz", ".mid", ".jsonl") or "checkpoints/ckpt-" in name
        is_log = path.name in ("metrics.jsonl", "guard.jsonl")
        if path.is_file() and counts and not is_log and not name.startswith("part/"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Returns the names of files that differ, lack or are too many.

    A run that was stopped has checkpoints and pictures of that moment too, and may have let go of
    earlier checkpoints for them; some pictures are drawn by the clock.
    """
    last: dict[str, int] = {}
    for name in expected:
        if match := re.match(r"(.*checkpoints/)ckpt-(\d+)/", name):
            last[match[1]] = max(last.get(match[1], 0), int(match[2]))

    def may_lack(name: str) -> bool:
        match = re.match(r"(.*checkpoints/)ckpt-(\d+)/", name)
        return "samples/" in name or (match is not None and int(match[2]) < last[match[1]])

    def may_come(name: str) -> bool:
        return "samples/" in name or "checkpoints/" in name

    names = [name for name in found if name in expected and found[name] != expected[name]]
    names += [name for name in expected.keys() - found.keys() if not may_lack(name)]
    names += [name for name in found.keys() - expected.keys() if not may_come(name)]
    return sorted(names)


def faults_of(ended: subprocess.CompletedProcess, sent: int | None = None) -> str | None:
    """Returns what is wrong with a command's end, or None.

    Args:
      sent: the signal that the command got.
    """
    said = ended.stdout + ended.stderr
    if "Traceback" in said:
        return said[said.index("Traceback") :][-1500:]
    allowed = {0, 1, 2} | (set() if sent is None else {-sent, 128 + sent})
    if ended.returncode not in allowed:
        return f"exit status {ended.returncode}: {said[-300:]}"
    if "\x1b" in said:
        return f"raw escape sequences: {said!a:.200}"
    if ended.returncode == 2 and not 1 <= ended.stderr.count("\n") <= MOST_LINES:
        return f"{ended.stderr.count(chr(10))} lines: {ended.stderr[:300]}"
    return None


class Campaign:
    """Makes attempts, each in a folder of its own.

    Attributes:
      undisturbed: what commands leave where nothing goes wrong, by command.
    """

    def __init__(self, commands: Commands, model: Path):
        self.commands, self.model = commands, model
        self.undisturbed: dict[tuple[str, ...], dict[str, str]] = {}

    def make(self, attempt: Attempt, folder: Path) -> tuple[str, str]:
        """Returns how an attempt ended: one of `WAYS`, and what is wrong or empty text."""
        link_data(self.model, folder)
        attempt.prepare(folder)
        environment, sent = dict(attempt.environment), None
        if "FAULT_AT" in environment:
            environment["FAULT_UNDER"] = str(folder / environment["FAULT_UNDER"])
            environment["FAULT_NOTE"] = str(folder / "struck")
        running = self.commands.start(
            *attempt.command,
            cwd=folder,
            environment=environment,
            limits=dict(attempt.limits),
            output=attempt.output,
            # Much of an environment counts only where Python and the libraries start.
            imports_anew=bool(attempt.environment) and "FAULT_AT" not in environment,
        )
        others = [self.commands.start(*each, cwd=folder) for each in attempt.beside]
        if attempt.strike is not None:
            sent = strike(running, *attempt.strike)
        # A limit of processor time is a signal, too.
        sent = signal.SIGXCPU if dict(attempt.limits).get("RLIMIT_CPU") else sent
        ended = running.wait()
        wrong = faults_of(ended, sent)
        for other in others:
            wrong = wrong or faults_of(other.wait())
        if wrong is None and attempt.repeats:
            return self._repeat(attempt, folder, ended)
        if wrong is not None:
            return "failed", wrong
        return ("refused" if ended.returncode == 2 else "done"), ""

    def _repeat(
        self, attempt: Attempt, folder: Path, ended: subprocess.CompletedProcess
    ) -> tuple[str, str]:
        reached = "FAULT_AT" not in dict(attempt.environment) or (folder / "struck").exists()
        (folder / "struck").unlink(missing_ok=True)
        again = self.commands.run(*attempt.command, cwd=folder)
        wrong = faults_of(again)
        if wrong is None and again.returncode and "exists; choose a new" not in again.stderr:
            wrong = f"repeated, it ends with status {again.returncode}: {again.stderr}"
        if wrong is not None:
            return "lost", wrong
        if attempt.command not in self.undisturbed:
            self.undisturbed[attempt.command] = self._leave_undisturbed(attempt, folder)
        differing = differences(contents(folder), self.undisturbed[attempt.command])
        if differing:
            return "lost", f"other files than undisturbed: {differing}"
        if not reached:
            return "not reached", ""
        return ("refused" if ended.returncode == 2 else "done"), ""

    def _leave_undisturbed(self, attempt: Attempt, folder: Path) -> dict[str, str]:
        place = folder.with_name("undisturbed")
        link_data(self.model, place)
        # What the attempt's command begins without; bulk export may begin from nothing.
        if attempt.command not in (MANY, ARRAYS):
            attempt.prepare(place)
        self.commands.run(*attempt.command, cwd=place)
        found = contents(place)
        shutil.rmtree(place)
        return found


def strike(running: Running, number: int, seconds: float) -> int:
    """Sends a command a signal after so many seconds, unless it has ended; returns the signal."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not running.is_over():
        time.sleep(0.02)
    if not running.is_over():
        running.send_signal(number)
    return number


def build_library(folder: Path) -> Path:
    """Compiles the library that makes calls fail."""
    library = folder / "failing_calls.so"
    source = Path(__file__).with_name("failing_calls.c")
    command: list[str | Path] = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    return library


@contextlib.contextmanager
def prepared(work: Path) -> Iterator[Campaign]:
    """Makes the runs in a folder, and yields what attacks copies of them."""
    model = work / "model"
    model.mkdir()
    os.environ["GAN_CLI_CACHE"] = str(work / "cache")
    os.environ["LD_PRELOAD"] = str(build_library(work))
    with Commands() as commands:
        del os.environ["LD_PRELOAD"]
        make_runs(commands, model)
        yield Campaign(commands, model)


def campaign(
    count: int, seed: int, say: Callable[[str], None] = print, minutes: float | None = None
) -> Counter:
    """Makes so many attempts; returns how many of each kind ended in which way.

    Args:
      minutes: after which no further attempt is begun; None: all are made.
    """
    outcome: Counter = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary, prepared(Path(temporary)) as thrower:
        for number, attempt in enumerate(attempts(count, seed)):
            if minutes is not None and time.monotonic() - began > 60 * minutes:
                break
            folder = Path(temporary) / f"attempt-{number}"
            how, wrong = thrower.make(attempt, folder)
            outcome[attempt.kind, how] += 1
            if wrong:
                edited = folder / "edited"
                change = f" ({edited.read_text()})" if edited.exists() else ""
                say(f"{number} {attempt.kind}: {attempt.what!a}{change}: {how}: {wrong}")
            shutil.rmtree(folder, ignore_errors=True)
    return outcome


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 240
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else None
    outcome = campaign(count, seed, lambda line: print(line, file=sys.stderr, flush=True), minutes)
    kinds = sorted({kind for kind, _ in outcome})
    print("| kind | attempts | done | refused in one line | call not reached | failed | lost |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds:
        ways = [outcome[kind, how] for how in WAYS]
        print(f"| {kind} | {sum(ways)} | {' | '.join(map(str, ways))} |")
    print(json.dumps({"attempts": sum(outcome.values())}))
    if any(how in ("failed", "lost") for _, how in outcome):
        sys.exit(1)


if __name__ == "__main__":
    main()
