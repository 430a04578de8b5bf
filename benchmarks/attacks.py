"""Attacks small runs in hundreds of ways; each must end in its result or in one line.

python -m benchmarks.attacks [ATTEMPTS] [SEED] [MINUTES]

Three kinds of attempts, on a run of gan-train that is made first:

- a file of the run is replaced by another thing (nothing, noise, other types, endless depth, a
  folder, a pipe, an endless device, a loop of links), and a command reads it;
- the n-th call by which a command opens, writes, forces to disk, renames or removes a file in its
  output fails with ENOSPC, EIO, EROFS or EDQUOT, once or from then on; the same command is then
  repeated without a fault, and must give what an undisturbed one gives;
- names and flags that no file, terminal or list can hold.

An attempt fails if the command prints a traceback, is ended by a signal, takes more than five
minutes, exits with another status than 0, 1 or 2, prints raw control characters, or harms a file
that it only reads.
"""

import errno
import hashlib
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos import CONFIG, write_images
from benchmarks.forked import Commands

SMALL = (
    CONFIG.replace("kimg: 12.8", "kimg: 0.64")
    .replace("model: {", "model: {architecture: mlp, ")
    .replace("every_kimg: 3.2, num_samples: 2000", "every_kimg: 0.32, num_samples: 64")
)
LONGEST_SECONDS = 300
MOST_LINES = 12
ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
# Of a command's calls that write; later ones are drawn up to this number.
MOST_CALLS = 60

TRAIN = ("gan-train", "--config=small.yaml", "--run_dir=run")
SAMPLE = ("gan-sample", "--run_dir=run", "--out=picture.png", "--grid=2x2")
EVALUATE = ("gan-eval", "--run_dir=run", "--num_samples=64", "--metrics=frechet")
EXPORT = ("gan-sample", "--run_dir=run", "--out=exported", "--export=keras")


@dataclass(frozen=True)
class Attempt:
    """One way to harm one command.

    Attributes:
      kind: its row in the table.
      what: what was done, in words.
      command: the command line.
      prepare: harms the folder that the command runs in.
      environment: of the command, beside its own.
      repeats: whether the command is repeated without the environment, and compared.
    """

    kind: str
    what: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None] = lambda folder: None
    environment: tuple[tuple[str, str], ...] = ()
    repeats: bool = False


def replaced_by(content: bytes) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        remove(path)
        path.write_bytes(content)

    return harm


def cut(path: Path) -> None:
    content = path.read_bytes()
    replaced_by(content[: len(content) // 2])(path)


def a_folder(path: Path) -> None:
    remove(path)
    path.mkdir()


def a_pipe(path: Path) -> None:
    remove(path)
    os.mkfifo(path)


def linked_to(target: str) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        remove(path)
        path.symlink_to(target)

    return harm


def with_other_numbers(path: Path) -> None:
    """Replaces every number of a text by one that no counter or axis holds."""
    text = path.read_text(errors="replace")
    words = [
        "1e308" if word.replace(".", "").strip("-").isdigit() else word
        for word in text.replace(",", " ,").replace("}", " }").split(" ")
    ]
    replaced_by(" ".join(words).encode())(path)


def with_escapes(path: Path) -> None:
    """Puts sequences that clear a terminal into every quoted text."""
    text = path.read_text(errors="replace")
    replaced_by(text.replace('": ', '\\u001b[2J": ', 3).encode())(path)


HARM: dict[str, Callable[[Path], None]] = {
    "empty": replaced_by(b""),
    "cut in half": cut,
    "noise": lambda path: replaced_by(random.Random(path.name).randbytes(500))(path),
    "a list": replaced_by(b"[1, 2]\n"),
    "of other types": replaced_by(
        b'{"checkpoint": [], "metric": 5, "value": "x", "scores": 3, "kimg": null, "files": [],'
        b' "variables": 7, "dataset": true, "images_shown": "many"}\n'
    ),
    "endlessly deep": replaced_by(b"[" * 200_000 + b"\n{}\n"),
    "numbers of 1e308": with_other_numbers,
    "escape sequences": with_escapes,
    "a folder": a_folder,
    "a pipe": a_pipe,
    "an endless device": linked_to("/dev/zero"),
    "a loop of links": linked_to("loop"),
}
# Each file with the commands that read it.
FILES = {
    "config.yaml": (TRAIN, SAMPLE),
    "environment.json": (TRAIN, SAMPLE),
    "metrics.jsonl": (TRAIN, EVALUATE),
    "guard.jsonl": (TRAIN,),
    "checkpoints/best.json": (TRAIN, SAMPLE),
    "checkpoints/ckpt-640/manifest.json": (TRAIN, SAMPLE),
    "checkpoints/ckpt-640/state.index": (TRAIN, SAMPLE),
    "checkpoints/ckpt-640/state.data-00000-of-00001": (SAMPLE,),
    "evaluations/scores.json": (EVALUATE, EXPORT),
    "samples/reals.png": (EVALUATE,),
    "samples/grid-000000.png": (EVALUATE,),
}


def damaged_files() -> Iterator[Attempt]:
    for (name, commands), (word, harm) in itertools.product(FILES.items(), HARM.items()):
        for command in commands:
            longer = ("--set=training.kimg=0.96",) if command == TRAIN else ()

            def prepare(folder: Path, name: str = name, harm: Callable = harm) -> None:
                harm(folder / "run" / name)

            yield Attempt("a file of the run", f"{name}: {word}", (*command, *longer), prepare)


def new_run(folder: Path) -> None:
    shutil.rmtree(folder / "run")


# Commands with their output, and what must be there before them.
WRITERS = (
    (TRAIN, "run", new_run),
    (("gan-sample", "--run_dir=run", "--out=many", "--until=40"), "many", lambda folder: None),
    (("gan-sample", "--run_dir=run", "--out=a.npz", "--until=40"), "", lambda folder: None),
    ((*SAMPLE[:2], "--out=out/picture.png"), "out", lambda folder: None),
    (EVALUATE, "run/evaluations", lambda folder: None),
    (EXPORT, "", lambda folder: None),
)


def failing_calls(rng: random.Random) -> Iterator[Attempt]:
    for number in itertools.count():
        command, output, prepare = WRITERS[number % len(WRITERS)]
        error = ERRORS[number // len(WRITERS) % len(ERRORS)]
        at, lasting = rng.randint(1, MOST_CALLS) if number % 2 else rng.randint(1, 12), rng.random()
        settings = (
            ("FAULT_UNDER", output),
            ("FAULT_AT", str(at)),
            ("FAULT_ERRNO", str(getattr(errno, error))),
            ("FAULT_LASTING", str(int(lasting < 0.5))),
        )
        more = " and all later ones" if lasting < 0.5 else ""
        what = f"{command[0]} {command[-1]}: call {at}{more}: {error}"
        yield Attempt("a failing system call", what, command, prepare, settings, True)


def hostile_names() -> Iterator[Attempt]:
    long = "x" * 300
    strange = ("\x1b[2J\x07", "a\nb", "\udce9", "\u202eexe", "[*?]\\", "-", "$(touch attacked)")
    for flag in ("--run_dir", "--out"):
        for name in (long, "/".join(["x" * 250] * 20), *strange, "/dev/full", "/proc/nowhere/x"):
            rest = [part for part in SAMPLE[1:] if not part.startswith(flag)]
            yield Attempt("names", f"{flag}={name!a:.40}", ("gan-sample", *rest, f"{flag}={name}"))
    for name in (long, *strange):
        yield Attempt("names", f"train {name!a:.40}", (*TRAIN[:2], f"--run_dir={name}"))
        yield Attempt("names", f"config {name!a:.40}", ("gan-train", f"--config={name}"))
    for flag in (
        *("--seeds=0-99999999999999", "--seeds=\xb2", "--seeds=1e9", "--grid=99999x99999"),
        *("--grid=-1x2", "--truncation=nan", "--truncation=1e999", "--checkpoint=\u0663"),
        *("--checkpoint=../../x", "--classes=\udc80", "--classes=\xb2", "--scale=999999999"),
    ):
        yield Attempt("flags", f"{flag!a}", (*SAMPLE[:3], flag))


def attempts(count: int, seed: int) -> list[Attempt]:
    """Returns so many attempts: a third of failing calls, the others drawn from all kinds."""
    rng = random.Random(seed)
    others = [*damaged_files(), *hostile_names()]
    rng.shuffle(others)
    chosen = list(itertools.islice(failing_calls(rng), count // 3))
    chosen += others[: count - len(chosen)]
    # Where time runs out, some of each kind have been made.
    rng.shuffle(chosen)
    return chosen


def make_run(commands: Commands, folder: Path) -> None:
    """Trains the run that is attacked, scores it, and writes what undisturbed commands give."""
    (folder / "small.yaml").write_text(SMALL)
    write_images(folder / "images")
    for command in (TRAIN, EVALUATE):
        ended = commands.run(*command, cwd=folder)
        if ended.returncode:
            raise SystemExit(f"could not make the run:\n{ended.stdout}\n{ended.stderr}")
    scores = next((folder / "run/evaluations").glob("*.json"))
    scores.rename(folder / "run/evaluations/scores.json")
    (folder / "run/guard.jsonl").touch()


def contents(folder: Path) -> dict[str, str]:
    """Returns the hash of every file that must be equal however often a command was disturbed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        counts = path.suffix in (".png", ".npz") or "checkpoints/ckpt-" in name
        if path.is_file() and counts and "images/" not in name:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def faults_of(ended: subprocess.CompletedProcess) -> str | None:
    """Returns what is wrong with a command's end, or None."""
    said = ended.stdout + ended.stderr
    if "Traceback" in said:
        return said[said.index("Traceback") :][-800:]
    if ended.returncode not in (0, 1, 2):
        return f"exit status {ended.returncode}: {said[-300:]}"
    if "\x1b" in said:
        return f"raw escape sequences: {said!a:.200}"
    if ended.returncode == 2 and not 1 <= ended.stderr.count("\n") <= MOST_LINES:
        return f"{ended.stderr.count(chr(10))} lines: {ended.stderr[:300]}"
    return None


def undisturbed(attempt: Attempt, commands: Commands, model: Path, folder: Path) -> dict[str, str]:
    """Returns the files that a command leaves where nothing goes wrong."""
    place = folder.with_name("undisturbed")
    shutil.copytree(model, place, symlinks=True)
    attempt.prepare(place)
    commands.run(*attempt.command, cwd=place)
    found = contents(place)
    shutil.rmtree(place)
    return found


def try_out(
    attempt: Attempt,
    commands: Commands,
    model: Path,
    folder: Path,
    known: dict[tuple[str, ...], dict[str, str]],
) -> tuple[str, str]:
    """Returns how an attempt ended: a word for the table, and what is wrong or empty text.

    Args:
      known: files of undisturbed commands, by command; filled in here.
    """
    shutil.copytree(model, folder, symlinks=True)
    attempt.prepare(folder)
    environment = dict(attempt.environment)
    if environment:
        environment["FAULT_UNDER"] = str(folder / environment["FAULT_UNDER"])
        environment["FAULT_NOTE"] = str(folder / "struck")
    running = commands.start(*attempt.command, cwd=folder, environment=environment)
    ended = running.wait()
    wrong = faults_of(ended)
    if wrong is None and attempt.repeats:
        struck = (folder / "struck").exists()
        (folder / "struck").unlink(missing_ok=True)
        again = commands.run(*attempt.command, cwd=folder)
        wrong = faults_of(again)
        if wrong is None and again.returncode and "exists; choose a new" not in again.stderr:
            wrong = f"repeated, it ends with status {again.returncode}: {again.stderr}"
        if wrong is None and not struck:
            return "not reached", ""
        if wrong is None:
            if attempt.command not in known:
                known[attempt.command] = undisturbed(attempt, commands, model, folder)
            differing = contents(folder).items() ^ known[attempt.command].items()
            if differing:
                wrong = f"other files than undisturbed: {sorted({name for name, _ in differing})}"
    if wrong is not None:
        return "failed", wrong
    return ("refused" if ended.returncode == 2 else "done"), ""


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def build_library(folder: Path) -> Path:
    """Compiles the library that makes calls fail."""
    library = folder / "failing_calls.so"
    source = Path(__file__).with_name("failing_calls.c")
    command: list[str | Path] = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    return library


def campaign(
    count: int, seed: int, say: Callable[[str], None] = print, minutes: float | None = None
) -> Counter:
    """Makes so many attempts; returns how many of each kind ended in which way.

    Args:
      minutes: after which no further attempt is begun; None: all are made.
    """
    outcome: Counter = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        os.environ["LD_PRELOAD"] = str(build_library(work))
        os.environ["GAN_CLI_CACHE"] = str(work / "cache")
        model = work / "model"
        model.mkdir()
        with Commands() as commands:
            del os.environ["LD_PRELOAD"]
            make_run(commands, model)
            known: dict[tuple[str, ...], dict[str, str]] = {}
            for number, attempt in enumerate(attempts(count, seed)):
                if minutes is not None and time.monotonic() - began > 60 * minutes:
                    break
                folder = work / f"attempt-{number}"
                how, wrong = try_out(attempt, commands, model, folder, known)
                outcome[attempt.kind, how] += 1
                if wrong:
                    say(f"{attempt.kind}: {attempt.what}: {wrong}")
                shutil.rmtree(folder, ignore_errors=True)
    return outcome


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 220
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else None
    outcome = campaign(count, seed, lambda line: print(line, file=sys.stderr, flush=True), minutes)
    kinds = sorted({kind for kind, _ in outcome})
    print("| kind | attempts | done | refused in one line | not reached | failed |")
    print("|---|---|---|---|---|---|")
    for kind in kinds:
        ways = [outcome[kind, how] for how in ("done", "refused", "not reached", "failed")]
        print(f"| {kind} | {sum(ways)} | {' | '.join(map(str, ways))} |")
    print(json.dumps({"attempts": sum(outcome.values())}))
    if any(how == "failed" for _, how in outcome):
        sys.exit(1)


if __name__ == "__main__":
    main()
