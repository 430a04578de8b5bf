"""Attacks by names and numbers in flags, and by places where output cannot be."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.attempts import PLAY, SAMPLE, SAY, TRAIN, Attempt, own_copy, train, unrun

LONG = "x" * 300
STRANGE = (
    "\x1b[2J\x07",
    "a\nb",
    "\udce9",
    "\u202eexe",
    "[*?]\\",
    "-",
    "$(touch attacked)",
    "~",
    " ",
)


def hostile_names() -> Iterator[Attempt]:
    for flag in ("--run_dir", "--out"):
        for name in (LONG, "/".join(["x" * 250] * 20), *STRANGE, "/dev/full", "/proc/nowhere/x"):
            rest = [part for part in SAMPLE[1:] if not part.startswith(flag)]
            yield Attempt("names", f"{flag}={name!a:.40}", ("gan-sample", *rest, f"{flag}={name}"))
    for name in (LONG, *STRANGE):
        yield Attempt("names", f"train {name!a:.40}", (*TRAIN[:2], f"--run_dir={name}"))
        yield Attempt("names", f"config {name!a:.40}", ("gan-train", f"--config={name}"))
        for config, run in (("words.yaml", "spoken"), ("songs.yaml", "played")):
            yield Attempt(
                "names",
                f"train {config} in {name!a:.40}",
                (*train(config)[:2], f"--run_dir={name}/{run}"),
                unrun(run),
            )
        start = ("--run_dir=new", f"--set=training.init_from={name}")
        yield Attempt(
            "names", f"init_from={name!a:.40}", ("gan-train", "--config=tuned.yaml", *start)
        )
        data = (*train("words.yaml")[:2], "--run_dir=new", f"--set=data.path={name}")
        yield Attempt("names", f"data.path={name!a:.40}", data)

        def renamed(folder: Path, name: str = name) -> None:
            if len(name) < 256:
                (folder / "run").rename(folder / f"{name}.d")

        tuned = ("gan-train", "--config=tuned.yaml", "--run_dir=new",
                 f"--set=training.init_from={name}.d")  # fmt: skip
        yield Attempt("names", f"tuned from a run in {name!a:.40}", tuned, renamed)


def own_data(folder: Path) -> None:
    """What a command is sent to write into is not what other attempts learn from."""
    for name in ("images", "words", "songs"):
        own_copy(folder, name)


def hostile_flags() -> Iterator[Attempt]:
    for flag in (
        *("--seeds=0-99999999999999", "--seeds=\xb2", "--seeds=1e9", "--grid=99999x99999"),
        *("--grid=-1x2", "--truncation=nan", "--truncation=1e999", "--checkpoint=\u0663"),
        *("--checkpoint=../../x", "--classes=\udc80", "--classes=\xb2", "--scale=999999999"),
        *("--seed=-1", "--seed=99999999999999999999", "--until=0", "--until=-5", "--grid=0x0"),
        *("--walk=linear --steps=99999999", "--dataset=5 --proportions=1e308,1e308"),
        *("--axes=999999", "--extent=nan", "--move=1:nan", "--frames_per_second=0", "--port=-1"),
        *("--export=nothing", "--licence=\x1b[2J", "--resample=x", "--until=99999999999999"),
    ):
        yield Attempt("flags", f"{flag!a}", (*SAMPLE[:3], *flag.split(" ")))
    for command in (SAY, PLAY):
        for flag in (
            *("--grid=99999x99999", "--scale=0", "--truncation=-1", "--walk=circle --seeds=1"),
            *("--until=7", "--dataset=7", "--project=nowhere", "--given=/"),
            *("--explore --port=x", "--export=all --out=run"),
        ):
            arguments = (*command[:3], *flag.split(" "))
            yield Attempt("flags", f"{command[1]} {flag!a}", arguments)
    for override in (
        *("training.kimg=1e308", "training.kimg=nan", "training.batch_size=999999999", "seed=-1"),
        *("model.latent_dim=1000000000", "model.generator_channels=0", "data.max_images=1"),
        *("data.image_size=[8,99999]", "training.steps_per_call=1000000000", "name=../../x"),
        *("name=\x1b[2J", "objective.loss=os:system", "data.holdout_fraction=0.9999999"),
        *("training.init_from=tuned.yaml", "training.init_from=run/checkpoints"),
        *("training.init_from=run/checkpoints/ckpt-999", "training.init_from=spoken"),
        *("training.init_from=new", "training.freeze={discriminator: 999999999}"),
        *("training.init={networks: []}", "training.init={optimizers: keep}"),
        *("data.path=/dev/zero", "data.path=/dev/null", "data={source: text, path: /dev/zero}"),
        *("data={source: text, path: /proc/self/mem}", "data={source: midi, path: /dev}"),
        *("data={source: npz, path: /dev/zero}", "data={source: idx, path: /dev/zero}"),
        *("training.strategy=\udce9", "evaluation.features=keras_file:/dev/zero"),
        *("data.text.alphabet=ab", "training=5", "=", "a..b=1", "training.kimg=[[[[1]]]]"),
    ):
        rest = ("--run_dir=new", f"--set={override}")
        yield Attempt("flags", f"--set={override!a}", ("gan-train", "--config=tuned.yaml", *rest))
    # Outputs that are already something else.
    for out in ("run", "run/config.yaml", "images", ".", "..", "/", "run/checkpoints/best.json",
                "tuned.yaml", "words/a.txt", "run/samples/grid-000000.png/x.png"):  # fmt: skip
        for command in (SAMPLE, SAY, PLAY):
            what = f"{command[1]} --out={out}"
            yield Attempt("flags", what, (*command[:2], f"--out={out}"), own_data)
