"""Attacks of the kinds that `attacks` does not draw, each of them once.

python -m benchmarks.more_attacks [KIND]

Beside the runs of `attacks` there are one of builtin strings, one of builtin music and one of
points. An attempt fails as it does there. It is lost, too, if a checkpoint, picture, piece, string
or array that was there before is gone or different after a command that was refused.
"""

import dataclasses
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import request_attacks, run_attacks
from benchmarks.attacks import WAYS, Campaign, contents, prepared
from benchmarks.attempts import Attempt
from benchmarks.page_attacks import asked_of_the_page
from benchmarks.python_attacks import called_from_python

KINDS: dict[str, Callable[[], Iterator[Attempt]]] = {
    kind.__name__: kind
    for kind in (
        run_attacks.splits,
        run_attacks.starts,
        run_attacks.sweeps,
        run_attacks.accumulations,
        run_attacks.links,
        run_attacks.reports,
        run_attacks.copies,
        request_attacks.pieces,
        request_attacks.nearest,
        request_attacks.looks,
        request_attacks.compared,
        request_attacks.cut_short,
        request_attacks.points,
    )
}


def make_more_runs(campaign: Campaign) -> None:
    """Trains the runs that `attacks` has not, and draws a file from each of its own."""
    for config, text in run_attacks.MORE_CONFIGS.items():
        (campaign.model / config).write_text(text)
        run = f"--run_dir={run_attacks.MORE_RUNS[config]}"
        ended = campaign.commands.run("gan-train", f"--config={config}", run, cwd=campaign.model)
        if ended.returncode:
            raise SystemExit(f"could not make {config}:\n{ended.stdout}\n{ended.stderr}")
    for run, drawn in request_attacks.DRAWN:
        command = ("gan-sample", f"--run_dir={run}", f"--out={drawn}", "--grid=1x2")
        if (ended := campaign.commands.run(*command, cwd=campaign.model)).returncode:
            raise SystemExit(f"could not draw from {run}:\n{ended.stdout}\n{ended.stderr}")


def make(campaign: Campaign, attempt: Attempt, folder: Path) -> tuple[str, str]:
    """Returns how an attempt ended, as `Campaign.make`, and refuses to lose what was there."""
    before: dict[str, str] = {}

    def prepare(place: Path) -> None:
        attempt.prepare(place)
        before.update(contents(place))

    how, wrong = campaign.make(dataclasses.replace(attempt, prepare=prepare), folder)
    if how == "refused" and not attempt.repeats:
        after = contents(folder)
        lost = [name for name in before if after.get(name) != before[name]]
        # Beside the command that was refused, another may have trained on.
        if lost and not attempt.beside:
            return "lost", f"gone or different: {lost}"
    if how == "done" and (pages := raw_names(folder)):
        return "failed", f"names stand in {pages} as they are"
    return how, wrong


def raw_names(folder: Path) -> list[str]:
    """Returns pages in which a name became a part of the page."""
    bad = (b"<script>alert(1)", b"<img src=x", b"49{%")
    pages = [path for path in folder.rglob("*.html") if path.is_file()]
    return [path.name for path in pages if any(each in path.read_bytes() for each in bad)]


def main() -> None:
    chosen = sys.argv[1:] or [*KINDS, "page", "python"]
    outcome: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as temporary, prepared(Path(temporary)) as campaign:
        make_more_runs(campaign)

        def note(kind: str, what: str, how: str, wrong: str) -> None:
            outcome[kind, how] += 1
            if wrong:
                print(f"{kind}: {what!a}: {how}: {wrong}", file=sys.stderr, flush=True)

        for name in chosen:
            for number, attempt in enumerate(KINDS[name]() if name in KINDS else ()):
                folder = Path(temporary) / f"{name}-{number}"
                note(attempt.kind, attempt.what, *make(campaign, attempt, folder))
        if "page" in chosen:
            for what, how, wrong in asked_of_the_page(campaign.commands, campaign.model):
                note("the page", what, how, wrong)
        if "python" in chosen:
            for what, how, wrong in called_from_python(campaign.model):
                note("Python", what, how, wrong)
    print("| kind | attempts | done | refused in one line | call not reached | failed | lost |")
    print("|---|---|---|---|---|---|---|")
    for kind in sorted({kind for kind, _ in outcome}):
        ways = [outcome[kind, how] for how in WAYS]
        print(f"| {kind} | {sum(ways)} | {' | '.join(map(str, ways))} |")
    if any(how in ("failed", "lost") for _, how in outcome):
        sys.exit(1)


if __name__ == "__main__":
    main()
