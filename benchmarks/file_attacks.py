"""Attacks by files: of a run, of the data it learns from, and those that flags name."""

import functools
import io
import itertools
import json
import os
import random
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.attempts import (
    ARRAYS,
    EVALUATE,
    EXPORT,
    LONGER,
    MANY,
    PLAY,
    SAMPLE,
    SAY,
    TRAIN,
    Attempt,
    own_copy,
    remove,
    train,
    unrun,
)

Harm = Callable[[Path], None]


def replaced_by(content: bytes) -> Harm:
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


def linked_to(target: str) -> Harm:
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


HARM: dict[str, Harm] = {
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
LAST = "checkpoints/ckpt-320"
TUNE, SPEAK, COMPOSE = train("tuned.yaml"), train("words.yaml"), train("songs.yaml")
# Each file with the commands that read it.
FILES = {
    "run/config.yaml": (TRAIN, SAMPLE),
    "run/environment.json": (TRAIN, SAMPLE),
    "run/metrics.jsonl": (TRAIN, EVALUATE),
    "run/guard.jsonl": (TRAIN,),
    "run/checkpoints/best.json": (TRAIN, SAMPLE, TUNE),
    f"run/{LAST}/manifest.json": (TRAIN, SAMPLE),
    f"run/{LAST}/state.index": (TRAIN, SAMPLE),
    f"run/{LAST}/state.data-00000-of-00001": (SAMPLE,),
    "run/evaluations/scores.json": (EVALUATE, EXPORT),
    "run/samples/reals.png": (EVALUATE,),
    "run/samples/grid-000000.png": (EVALUATE,),
    "tuned/initial_weights.json": (TUNE,),
    "tuned/config.yaml": (TUNE,),
    f"tuned/{LAST}/manifest.json": (TUNE,),
    "spoken/config.yaml": (SPEAK, SAY),
    "spoken/environment.json": (SPEAK, SAY),
    f"spoken/{LAST}/state.index": (SPEAK, SAY),
    "spoken/samples/grid-000000.txt": (SPEAK,),
    "played/config.yaml": (COMPOSE, PLAY),
    "played/environment.json": (COMPOSE, PLAY),
    f"played/{LAST}/manifest.json": (COMPOSE, PLAY),
}


def harming(name: str, harm: Harm) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        if (folder / name).exists():
            harm(folder / name)

    return prepare


def damaged_files() -> Iterator[Attempt]:
    for (name, commands), (word, harm) in itertools.product(FILES.items(), HARM.items()):
        for command in commands:
            longer = (LONGER,) if command[0] == "gan-train" else ()
            if command == TUNE and not name.startswith("tuned"):

                def prepare(folder: Path, name: str = name, harm: Harm = harm) -> None:
                    # A new run, which reads the other one's weights.
                    unrun("tuned")(folder)
                    harming(name, harm)(folder)

                yield Attempt("a file of the run", f"{name}: {word}", TUNE, prepare)
                continue
            yield Attempt(
                "a file of the run", f"{name}: {word}", (*command, *longer), harming(name, harm)
            )


# What a person may write where another value stood.
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 0.5, 10**9, 10**30, -(2**63), float("inf"), float("nan"), 1e308),
    *("", "x", "\x1b[2J", "3", "1e999", "nan", "\u0663", "a" * 5_000, "../../../etc/passwd"),
    *("\ud800", "\0", "os:system", [], [[[]]], {}, {"": None}, ["a", 1]),
)


def leaves(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yields the way to each value in a tree."""
    if path:
        yield path
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from leaves(child, (*path, key))


def with_value(tree: Any, path: tuple, value: Any) -> Any:
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return tree


def edit(name: str, number: int) -> Callable[[Path], None]:
    """Changes one value of a file as by hand; which, and to what, depends on a number."""

    def prepare(folder: Path) -> None:
        rng, path = random.Random(number), folder / name
        if path.suffix == ".yaml":
            tree = yaml.safe_load(path.read_text())
            write: Callable[[Any], str] = yaml.safe_dump
        elif path.suffix == ".jsonl":
            tree = [json.loads(line) for line in path.read_text().splitlines()]
            write = _lines
        else:
            tree, write = json.loads(path.read_text()), json.dumps
        places = list(leaves(tree))
        if not places:
            return
        place, value = rng.choice(places), rng.choice(VALUES)
        path.write_text(write(with_value(tree, place, value)), errors="surrogatepass")
        (folder / "edited").write_text(f"{place}: {value!a:.60}")

    return prepare


def _lines(rows: list) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


EDITED = {
    "run/config.yaml": (TRAIN, SAMPLE, EVALUATE),
    "run/environment.json": (TRAIN, SAMPLE),
    "run/metrics.jsonl": (TRAIN, EVALUATE),
    "run/checkpoints/best.json": (TRAIN, SAMPLE),
    f"run/{LAST}/manifest.json": (TRAIN, SAMPLE),
    "run/evaluations/scores.json": (EVALUATE, EXPORT),
    "tuned/config.yaml": (TUNE,),
    "tuned/initial_weights.json": (TUNE,),
    "spoken/config.yaml": (SPEAK, SAY),
    "spoken/environment.json": (SAY,),
    "played/config.yaml": (COMPOSE, PLAY),
    "played/environment.json": (PLAY,),
    "small.yaml": (TRAIN,),
    "tuned.yaml": (TUNE,),
    "words.yaml": (SPEAK,),
    "songs.yaml": (COMPOSE,),
    "part/many/export.json": (MANY,),
    "part/.a.npz.part/state.json": (ARRAYS,),
    "part/.a.npz.part/export.json": (ARRAYS,),
}


def edited_files(rng: random.Random) -> Iterator[Attempt]:
    while True:
        for name, commands in EDITED.items():
            number = rng.randrange(10**6)
            command = commands[number % len(commands)]
            change = edit(name, number)

            def prepare(folder: Path, name: str = name, change: Harm = change) -> None:
                change(folder)
                if name in ("small.yaml", "tuned.yaml", "words.yaml", "songs.yaml"):
                    unrun("run", "tuned", "spoken", "played")(folder) if name != "tuned.yaml" else (
                        unrun("tuned")(folder)
                    )
                if name.startswith("part/"):
                    for each in (folder / "part").iterdir():
                        each.rename(folder / each.name)

            longer = (LONGER,) if command[0] == "gan-train" and name.endswith("jsonl") else ()
            yield Attempt("a value edited", f"{name}, {number}", (*command, *longer), prepare)


def progress_files() -> Iterator[Attempt]:
    """Attacks on what bulk export notes about itself; the images must be right all the same."""
    for text in ("-5", "1.5", '"3"', "1e999", "99999999999", "nan", "\u0663", "", "40", "\0"):

        def prepare(folder: Path, text: str = text) -> None:
            (folder / "part/many").rename(folder / "many")
            (folder / "many/.written").write_text(text)
            sorted((folder / "many").glob("*.png"))[2].write_bytes(b"")

        yield Attempt("bulk export", f".written: {text!a}", MANY, prepare, repeats=True)

        def prepare_arrays(folder: Path, text: str = text) -> None:
            (folder / "part/.a.npz.part").rename(folder / ".a.npz.part")
            state = folder / ".a.npz.part/state.json"
            state.write_text(re.sub(r'"written": \d+', f'"written": {text}', state.read_text()))

        yield Attempt("bulk export", f"state.json: {text!a}", ARRAYS, prepare_arrays, repeats=True)

    def without_tail(folder: Path) -> None:
        (folder / "part/.a.npz.part").rename(folder / ".a.npz.part")
        os.truncate(folder / ".a.npz.part/images", 100)

    yield Attempt("bulk export", "an array lost its tail", ARRAYS, without_tail, repeats=True)


def _zip(members: dict[str, bytes], **settings: Any) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


@functools.cache
def _bomb() -> bytes:
    return _zip({f"{n}.png": b"\0" * 2**26 for n in range(24)})


def _midi(body: bytes, division: int = 480, length: int | None = None) -> bytes:
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, 1, division)
    return head + struct.pack(">4sI", b"MTrk", len(body) if length is None else length) + body


# Hostile data: the shared folder that is replaced, the file in it, its content or what harms it,
# and the config that reads it.
DATA: dict[str, tuple[str, str, bytes | Harm, str]] = {
    "labels.csv: noise": ("images", "labels.csv", b"\xff\xfe\0\1" * 99, "small.yaml"),
    "labels.csv: a pipe": ("images", "labels.csv", a_pipe, "small.yaml"),
    "labels.csv: endless": ("images", "labels.csv", linked_to("/dev/zero"), "small.yaml"),
    "labels.csv: a folder": ("images", "labels.csv", a_folder, "small.yaml"),
    "labels.csv: one field": ("images", "labels.csv", b"a" * 10**6, "small.yaml"),
    "labels.csv: escapes": ("images", "labels.csv", b"0/0.png,\x1b[2Jx\n", "small.yaml"),
    "labels.csv: quotes": ("images", "labels.csv", b'"0/0.png","a\n\n"b"\r\n', "small.yaml"),
    "dataset.json: deep": ("images", "dataset.json", b"[" * 10**6, "small.yaml"),
    "dataset.json: huge numbers": (
        *("images", "dataset.json", b'{"labels": [["0/0.png", ' + b"9" * 5_000 + b"]]}"),
        "small.yaml",
    ),
    "dataset.json: types": (
        *("images", "dataset.json", b'{"labels": [["a", true], [1, 2], "x", null]}'),
        "small.yaml",
    ),
    "dataset.json: a list": ("images", "dataset.json", b"[[[]]]", "small.yaml"),
    "a text that is a pipe": ("words", "c.txt", a_pipe, "words.yaml"),
    "a text that is endless": ("words", "c.txt", linked_to("/dev/zero"), "words.yaml"),
    "a text of NULs": ("words", "c.txt", b"\0" * 10**6, "words.yaml"),
    "a text of UTF-16": ("words", "c.txt", "abc\n".encode("utf-16") * 99, "words.yaml"),
    "a text of marks": ("words", "c.txt", ("e" + "\u0301" * 5_000 + "\n").encode(), "words.yaml"),
    "a text of one line": ("words", "c.txt", b"x" * 10**7, "words.yaml"),
    "a text of breaks": ("words", "c.txt", b"\n" * 10**7, "words.yaml"),
    "a text of escapes": ("words", "c.txt", b"\x1b[2Jx\n\x07y\n" * 50, "words.yaml"),
    "a text of directions": ("words", "c.txt", "\u202eabc\n".encode() * 50, "words.yaml"),
    "a name of escapes": ("words", "\x1b[2J.txt", b"abc\nabd\n" * 9, "words.yaml"),
    "a name in Latin-1": ("words", "\udce9.txt", b"abc\nabd\n" * 9, "words.yaml"),
    "MIDI: a pipe": ("songs", "x.mid", a_pipe, "songs.yaml"),
    "MIDI: endless": ("songs", "x.mid", linked_to("/dev/zero"), "songs.yaml"),
    "MIDI: no beat": ("songs", "x.mid", _midi(b"\0\xff\x2f\0", 0), "songs.yaml"),
    "MIDI: declares 4 GB": ("songs", "x.mid", _midi(b"\0", length=2**32 - 1), "songs.yaml"),
    "MIDI: a wait of years": (
        *("songs", "x.mid", _midi(b"\0\x90\x40\x40" + b"\xff\xff\xff\x7f\x80\x40\x40" * 999)),
        "songs.yaml",
    ),
    "MIDI: a meter of 0": (
        *("songs", "x.mid", _midi(b"\0\xff\x58\x04\0\xff\0\0\0\xff\x2f\0")),
        "songs.yaml",
    ),
    "MIDI: a tempo of 0": (
        *("songs", "x.mid", _midi(b"\0\xff\x51\x03\0\0\0\0\x90\x40\x40\x60\x80\x40\0")),
        "songs.yaml",
    ),
    "MIDI: a hundred thousand notes": (
        *("songs", "x.mid", _midi(b"\x01\x90\x40\x40\x01\x80\x40\0" * 100_000)),
        "songs.yaml",
    ),
    "MIDI: a name of escapes": (
        *("songs", "\x1b[2J.mid", b"MThd"),
        "songs.yaml",
    ),
    "an image that is a bomb": (
        *("images", "0/x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\x02\0\0\0"),
        "small.yaml",
    ),
    "an image that is a pipe": ("images", "0/x.png", a_pipe, "small.yaml"),
    "a class of escapes": ("images", "\x1b[2J/x.png", b"no image", "small.yaml"),
}


def _archives() -> dict[str, bytes]:
    return {
        "images.zip: a bomb": _bomb(),
        "images.zip: leads out": _zip({"../../x.png": b"x"}),
        "images.zip: absolute": _zip({"/tmp/x.png": b"x"}),
        "images.zip: empty": _zip({}),
        "images.zip: no zip": b"PK\3\4" + b"\0" * 100,
        "images.zip: cut": _zip({"a/x.png": b"x" * 10**5})[:300],
        "images.zip: long names": _zip({"x" * 60_000 + ".png": b"x"}),
        "images.zip: deep": _zip({"d/" * 20_000 + "x.png": b"x"}),
        "images.zip: a file that is a folder": _zip({"a": b"", "a/b.png": b"x"}),
        "images.zip: strange names": _zip({"\x1b[2J.png": b"x", "a\nb.png": b"y"}),
        "images.npz: text": b"no archive",
        "images.npz: a member of 10 GB": _zip({"images.npy": _npy((10**5, 10**5))}),
        "images.npz: negative": _zip({"images.npy": _npy((-1, 8, 8))}),
        "images.npz: objects": _zip({"images.npy": _npy((2,), "|O")}),
        "images.npz: no dimensions": _zip({"images.npy": _npy(()) + b"\0"}),
        "images.npz: many dimensions": _zip({"images.npy": _npy((1,) * 60) + b"\0"}),
    }


def _npy(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header


def damaged_data() -> Iterator[Attempt]:
    for what, (shared, name, harm, config) in DATA.items():

        def prepare(folder: Path, shared: str = shared, name: str = name, harm: Any = harm) -> None:
            path = own_copy(folder, shared) / name
            path.parent.mkdir(exist_ok=True)
            (replaced_by(harm) if isinstance(harm, bytes) else harm)(path)
            unrun("run", "spoken", "played")(folder)

        yield Attempt("data", what, train(config), prepare)
        if config == "words.yaml" and isinstance(harm, bytes):
            yield Attempt("data", f"{what}, left out", (*train(config), "--dry_run"), prepare)
    for what, content in _archives().items():

        def prepare_archive(folder: Path, what: str = what, content: bytes = content) -> None:
            (folder / what.partition(":")[0]).write_bytes(content)
            unrun("run")(folder)

        name = what.partition(":")[0]
        source = "npz" if name.endswith("npz") else "folder"
        settings = (f"--set=data.source={source}", f"--set=data.path={name}", "--dry_run")
        yield Attempt("data", what, (*TRAIN, *settings), prepare_archive)


# Flags that name a file to read, with a run to use it.
READ = (
    ("gan-sample", "--inspect=x.png"),
    ("gan-sample", "--inspect=x.npz"),
    ("gan-sample", "--inspect=x.gif"),
    ("gan-sample", "--inspect=x.mid"),
    ("gan-sample", "--inspect=x.jsonl"),
    ("gan-sample", "--run_dir=run", "--inspect=x.json"),
    ("gan-sample", "--run_dir=run", "--out=y.png", "--project=x.png", "--fit_steps=2"),
    ("gan-sample", "--run_dir=run", "--out=y.png", "--latents=x.npz"),
    ("gan-sample", "--run_dir=played", "--out=y.mid", "--given=x.mid", "--fit_steps=2"),
    ("gan-sample", "--run_dir=spoken", "--out=y.txt", "--project=x.txt", "--fit_steps=2"),
    ("gan-eval", "--real=images", "--fake=x.npz", "--features=random", "--metrics=frechet"),
    ("gan-eval", "--real=x.png", "--fake=images", "--features=random", "--metrics=frechet"),
    ("gan-eval", "--run_dir=run", "--features=keras_file:x.keras", "--num_samples=32"),
    ("gan-eval", "--run_dir=run", "--features=saved_model:x", "--num_samples=32"),
    ("gan-eval", *EVALUATE[1:], "--stats=x.npz"),
    ("gan-train", "--config=x.yaml", "--run_dir=new"),
    ("gan-train", "--config=tuned.yaml", "--run_dir=new", "--set=training.init_from=x.keras"),
    ("gan-train", "--config=tuned.yaml", "--run_dir=new", "--set=training.init_from=x"),
    ("gan-sample", "--run_dir=x", "--out=y.png"),
    ("gan-eval", "--compare", "x", "run"),
)
SIMPLE = ("empty", "noise", "a list", "of other types", "endlessly deep", "a folder", "a pipe",
          "an endless device", "a loop of links")  # fmt: skip


def named_files() -> Iterator[Attempt]:
    for command, word in itertools.product(READ, SIMPLE):
        # The file that the flag names: `x`, with its ending.
        found = re.search(r"[=:](x(?:\.\w+)?)(?: |$)", " ".join(command))
        name = found[1] if found else "x"

        def prepare(folder: Path, name: str = name, word: str = word) -> None:
            HARM[word](folder / name)

        yield Attempt("a file that is named", f"{name} is {word}", command, prepare)
