"""Attacks by what is asked of runs of every kind: pieces, pictures, strings, files to look into."""

import dataclasses
import io
import json
import signal
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mido
import numpy as np
from PIL import Image, PngImagePlugin

from benchmarks.attempts import EXPORT, SAMPLE, Attempt, unrun
from benchmarks.file_attacks import a_folder, a_pipe, linked_to, replaced_by
from gan_cli.media.text_lines import Line, encoded_lines
from gan_cli.studio.record import read_record

Harm = Callable[[Path], None]
_QUICK = "--fit_steps=3"
_FIELDS: dict[str, Any] = {
    "config_name": "x",
    "checkpoint": "ckpt-320",
    "model_sha256": "0" * 64,
    "recipe": {"kind": "grid", "seeds": "0"},
    "digital_source_type": "x",
    "software": "x",
}
_RECIPES: tuple[Any, ...] = (
    {"kind": "grid", "seeds": "0-999999999999", "grid": "2x2"},
    {"kind": "grid", "rows": 10**9, "columns": 1e308},
    {"kind": "\x1b[2J", "seeds": "\u0663"},
    {"kind": "arrays", "truncation": float("nan")},
    {"kind": "lines", "seeds": None, "classes": "\ud800"},
    {"kind": "explored", "place": "seed=" + "9" * 5_000},
    {"kind": "walk", "frames_per_second": True, "steps": -1},
    {"kind": "piece", "seeds": "0" * 9**5, "soundfont_sha256": "x", "format": ".wav"},
    {},
)


def _record(**other: Any) -> str:
    return json.dumps(_FIELDS | other)


def _midi(*messages: Any, **settings: Any) -> bytes:
    file = mido.MidiFile(**settings)
    file.tracks.append(mido.MidiTrack(messages))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _note(key: int, **settings: Any) -> list[mido.Message]:
    return [
        mido.Message("note_on", note=key, velocity=80, **settings),
        mido.Message("note_off", note=key, time=480, channel=settings.get("channel", 0)),
    ]


def _meta_text(text: bytes) -> bytes:
    """A MIDI file that begins with a text event of these bytes."""
    body = b"\0\xff\x01" + _length(len(text)) + text + b"\0\xff\x2f\0"
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, 1, 480)
    return head + struct.pack(">4sI", b"MTrk", len(body)) + body


def _length(number: int) -> bytes:
    parts = [number & 127]
    while number := number >> 7:
        parts.append(number & 127 | 128)
    return bytes(reversed(parts))


def _wav(*chunks: tuple[bytes, int, bytes]) -> bytes:
    parts = b"".join(name + struct.pack("<I", size) + content for name, size, content in chunks)
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WAVE" + parts


def _png(text: str = "", key: str = "XML:com.adobe.xmp", **settings: Any) -> bytes:
    content, info = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        info.add_itxt(key, text.encode("utf-8", "surrogatepass").decode("latin-1"), **settings)
    Image.new("RGB", (8, 8)).save(content, "PNG", pnginfo=info)
    return content.getvalue()


def _image(size: tuple[int, int], form: str = "PNG", mode: str = "RGB") -> bytes:
    content = io.BytesIO()
    Image.new(mode, size).save(content, form)
    return content.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def _npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def writes(name: str, content: bytes) -> Harm:
    return lambda folder: replaced_by(content)(folder / name)


# Pieces that --given and --project read.
PIECES: dict[str, bytes | Harm] = {
    "no note": _midi(),
    "a note without an end": _midi(mido.Message("note_on", note=60)),
    "only drums": _midi(*_note(36, channel=9)),
    "every channel": _midi(*(m for c in range(16) for m in _note(60, channel=c))),
    "a note after days": _midi(*_note(60, time=2**27)),
    "another meter": _midi(mido.MetaMessage("time_signature", numerator=7), *_note(60)),
    "no beat": _midi(*_note(60), ticks_per_beat=1),
    "a tempo of nothing": _midi(mido.MetaMessage("set_tempo", tempo=0), *_note(60)),
    "keys at both ends": _midi(*_note(0), *_note(127)),
    "text": b"not music\n",
    "half a head": b"MThd\0\0\0\6\0",
    "a folder": a_folder,
    "a pipe": a_pipe,
    "an endless device": linked_to("/dev/zero"),
    "a loop": linked_to("p.mid"),
}
# Pictures that --project, --inpaint and --super_resolve read.
PICTURES: dict[str, bytes | Harm] = {
    "one pixel": _image((1, 1)),
    "a line": _image((9000, 1)),
    "CMYK": _image((8, 8), "JPEG", "CMYK"),
    "16 bits": _image((8, 8), mode="I;16"),
    "a palette": _image((8, 8), mode="P"),
    "one bit": _image((8, 8), mode="1"),
    "empty": b"",
    "cut": _image((64, 64))[:60],
    "text": b"P3 99999 99999 255\n",
    "a loop": linked_to("p.png"),
}


def _harmed(name: str, harm: bytes | Harm) -> Harm:
    if isinstance(harm, bytes):
        return writes(name, harm)
    return lambda folder: harm(folder / name)


def pieces() -> Iterator[Attempt]:
    for number, (what, harm) in enumerate(PIECES.items()):
        flag = ("--given", "--project")[number % 2]
        command = ("gan-sample", "--run_dir=played", f"{flag}=p.mid", "--out=new.mid", _QUICK)
        yield Attempt("pieces", f"{flag} {what}", command, _harmed("p.mid", harm))
    good = writes("p.mid", _midi(*_note(60), *_note(48)))
    for more in ("--into=x", "--classes=0", "--seed=-1", "--fit_steps=0", "--out=new.wav",
                 "--out=new.png", "--out=new.npz", "--out=played", "--out=p.mid"):  # fmt: skip
        given = ("gan-sample", "--run_dir=played", "--given=p.mid", "--out=new.mid", _QUICK)
        yield Attempt("pieces", f"--given {more}", (*given, more), good)
    for run in ("run", "spoken", "toy"):
        asked = ("gan-sample", f"--run_dir={run}", "--given=p.mid", "--out=new.mid", _QUICK)
        yield Attempt("pieces", f"--given to {run}", asked, good)


def nearest() -> Iterator[Attempt]:
    for number, (what, harm) in enumerate(PICTURES.items()):
        flag = ("--project=p.png", "--super_resolve=p.png", "--inpaint=p.png --mask=p.png")
        rest = flag[number % 3].split(" ")
        command = ("gan-sample", "--run_dir=run", *rest, "--out=new.png", _QUICK)
        yield Attempt("nearest", f"{rest[0]} {what}", command, _harmed("p.png", harm))
    for text in ("", "\x1b[2J", "a000x\nb", "a" * 99_999, "\udce9", "\u0663", "-", "a000x"):
        command = ("gan-sample", "--run_dir=spoken", f"--project={text}", "--out=new.txt", _QUICK)
        yield Attempt("nearest", f"text {text!a:.20}", command)
    for run, out in (
        ("toy", "new.png"),
        ("toy", "new.txt"),
        ("named", "new.png"),
        ("run", "n.txt"),
    ):
        command = ("gan-sample", f"--run_dir={run}", "--project=p.png", f"--out={out}", _QUICK)
        yield Attempt("nearest", f"{run} to {out}", command, writes("p.png", _image((8, 8))))


def looks() -> Iterator[Attempt]:
    """Files that say something about their origin, with and without a run to compare."""
    files: dict[str, bytes | Harm] = {
        "a.mid": _meta_text(_record(software="\x1b[2J").encode()),
        "b.mid": _meta_text(b"[" * 2**20),
        "c.mid": _meta_text(_record(recipe=[1]).encode())[:-30],
        "d.mid": b"MThd" + b"\xff" * 2000,
        "a.wav": _wav((b"fmt ", 16, b"\0" * 16), (b"_PMX", 2**32 - 1, b"<x/>")),
        "b.wav": _wav(*[(b"junk", 0, b"")] * 200_000),
        "c.wav": _wav((b"_PMX", 4, b"\xff\xfe\0\0"), (b"data", 2**31, b"")),
        "d.wav": b"RIFF",
        "a.jsonl": b"[" * 10**6,
        "b.jsonl": b'{"provenance": ' + b"9" * 5000 + b"}\n",
        "c.jsonl": b'{"provenance": {"recipe": "\\ud800"}, "text": 5}\n',
        "d.jsonl": b"\xff\xfe{\n" * 1000,
        "e.jsonl": b'{"provenance": ' + _record(config_name="\x1b]0;x\x07").encode() + b"}\n",
        "a.txt": b"\x1b[2J\n",
        "a.png": _png("<x>" * 9_999),
        "b.png": _png("\ud800"),
        "c.png": _png("A" * 2**24, zip=True),
        "d.png": _image((8, 8))[:-20] + _chunk(b"tEXt", b"a\0\x1b[2J"),
        "e.png": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", b"\x7f\xff\xff\xff" * 2 + b"\x08\6\0\0\0"),
        "a.npz": _npz(provenance=np.array(_record(recipe={"kind": "arrays"}))),
        "b.npz": _npz(provenance=np.array([object()], object)),
        "c.npz": _npz(provenance=np.zeros((0, 5)), images=np.array("x")),
        "a.gif": b"GIF89a" + b"\xff" * 300,
        "a.webp": b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\0" * 20,
        "a.mp4": b"\0\0\0\x20ftypisom" + b"\xff" * 999,
        "a.flac": b"fLaC" + b"\xff" * 999,
        "a.ogg": b"OggS" + b"\0" * 999,
        "a.apng": _image((8, 8)) + _chunk(b"acTL", b"\xff" * 8),
        "a.svg": b"<!DOCTYPE x [<!ENTITY a 'b'>]><svg>&a;</svg>",
        "b.jpg": b"\xff\xd8\xff\xe1\xff\xffhttp://ns.adobe.com/xap/1.0/\0<x",
        "loop.png": linked_to("loop.png"),
    }  # fmt: skip
    for number, (name, harm) in enumerate(files.items()):
        more = ("--run_dir=played",) if number % 2 else ()
        command = ("gan-sample", f"--inspect={name}", *more)
        yield Attempt("files to look into", name, command, _harmed(name, harm))

    for number, recipe in enumerate(_RECIPES):
        run, drawn = DRAWN[number % len(DRAWN)]
        forged = f"forged{Path(drawn).suffix}"
        command = ("gan-sample", f"--inspect={forged}", f"--run_dir={run}")
        prepare = partial(_forge, drawn=drawn, forged=forged, recipe=recipe)
        yield Attempt("files to look into", f"{forged}: {recipe!a:.50}", command, prepare)


# Files that the runs have drawn.
DRAWN = (("played", "song.mid"), ("spoken", "said.jsonl"), ("run", "picture.png"))


def _forge(folder: Path, drawn: str, forged: str, recipe: Any) -> None:
    """Writes a file of the very weights of a run, with another recipe."""
    true = read_record(folder / drawn).provenance
    assert true is not None  # gan-sample has written it.
    record = dataclasses.replace(true, recipe=recipe)
    if forged.endswith(".mid"):
        content = _meta_text(record.to_json().encode())
    elif forged.endswith(".jsonl"):
        content = encoded_lines([Line("x")], ".jsonl", record)
    else:
        content = _png(record.to_xmp().decode())
    (folder / forged).write_bytes(content)


def compared() -> Iterator[Attempt]:
    for runs, prepare in (
        (("run", "run"), unrun()),
        (("run", "spoken", "played", "toy"), unrun()),
        (("run", "nowhere"), unrun()),
        (("run", "images"), unrun()),
        (("toy", "tuned"), unrun("toy/checkpoints")),
        (("run", "tuned"), lambda folder: (folder / "tuned/environment.json").write_text("[]")),
        (("spoken", "named"), unrun("named/split.json")),
        (("run", "tuned"), unrun("images")),
        (("", "run"), unrun()),
    ):
        command = ("gan-eval", "--compare", *runs, "--num_samples=64", "--metrics=frechet")
        yield Attempt("compared", " ".join(runs), command, prepare)
    for more in ("--metrics=all", "--metrics=,", "--num_samples=1", "--num_samples=99999999999",
                 "--stats=p.npz", "--features=x", "--checkpoint=7", "--out=x/y/z"):  # fmt: skip
        command = ("gan-eval", "--compare", "toy", "named", more)
        yield Attempt("compared", more, command, writes("p.npz", _npz(mu=np.zeros(3))))


def cut_short() -> Iterator[Attempt]:
    """Exports and sets that are killed, and what is then there when they are repeated."""
    lines = ("gan-sample", "--run_dir=named", "--out=lines.jsonl", "--until=3000")
    arrays = ("gan-sample", "--run_dir=tunes", "--out=tunes.npz", "--until=64")
    points = ("gan-sample", "--run_dir=toy", "--out=points.npz", "--until=40000")
    labelled = (*SAMPLE[:2], "--out=set", "--dataset=200")
    for number, command in enumerate((lines, arrays, points, labelled, EXPORT, lines, points)):
        strike = (int((signal.SIGKILL, signal.SIGTERM)[number % 2]), 1.5 + number % 3)
        what = f"{' '.join(command)} after {strike[1]} s"
        yield Attempt("cut short", what, command, strike=strike, repeats=True)
    for command in (lines, arrays, points):
        settings = (("FAULT_UNDER", ""), ("FAULT_AT", "3"), ("FAULT_ERRNO", "28"))
        yield Attempt(
            "cut short", f"{command[1]}: no space", command, environment=settings, repeats=True
        )
    for beside in (lines, arrays, points):
        yield Attempt("cut short", f"two of {beside[1]}", beside, beside=(beside,), repeats=True)


def points() -> Iterator[Attempt]:
    """Whatever may be asked of points, and data that are none."""
    toy = ("gan-sample", "--run_dir=toy")
    for rest in (
        *("--out=a.png --grid=2x2", "--out=a.gif --walk=linear --seeds=0,1 --steps=3"),
        *("--out=a.png --sheet=real", "--out=a.png --sheet=truncation", "--out=a.png --scale=99"),
        *("--out=a --dataset=5", "--out=a.mid", "--out=a.txt", "--out=a.tfrecord --until=9"),
        *("--out=a --until=9", "--out=a.png --directions=sefa", "--out=a.png --classes=0"),
        *("--out=a.png --directions=pca --move=1:1e308", "--out=a.png --truncation=0"),
        *("--out=a.npz --seeds=5,5,5", "--out=a --export=keras", "--out=a.png --latents=a.npz"),
    ):
        yield Attempt("points", rest, (*toy, *rest.split(" ")), writes("a.npz", b"PK\5\6"))
    for value in ("ring0", "ring-1", "ring99999999999", "grid2", "grid\u0664", "ring", "\x1b[2J"):
        command = ("gan-train", "--config=toy.yaml", "--run_dir=new", f"--set=data.name={value}")
        yield Attempt("points", f"name {value!a}", command)
    for value in ("num_points=20", "num_points=999999999999", "mode_std=1e308", "mode_std=1e-320",
                  "mode_std=nan", "holdout_fraction=0", "holdout_fraction=1", "image_size=[2,2]",
                  "channels=3", "max_images=2"):  # fmt: skip
        command = ("gan-train", "--config=toy.yaml", "--run_dir=new", f"--set=data.{value}")
        yield Attempt("points", value, command)
    for rest in ("--metrics=all", "--features=inception", "--num_samples=2", "--seed=-1"):
        yield Attempt("points", f"gan-eval {rest}", ("gan-eval", "--run_dir=toy", rest))
