"""The fault campaign of `make chaos`, short."""

import random
from pathlib import Path

import pytest

from benchmarks.chaos import CONFIG, CONFIGS, campaign, faults_of, in_turn
from benchmarks.disks import disk_of_its_own
from benchmarks.faults import KILL, faults

# For continuous integration: what no other test does to a whole run.
FEW = ("killed as a checkpoint is written", "disk full in mid-run")


@pytest.fixture
def disk(tmp_path):
    with disk_of_its_own(tmp_path / "disk") as disk:
        yield disk


def check(outcome, chosen):
    assert outcome["lost"] == 0
    assert outcome["equal"]
    more = outcome["injected"].copy()
    more.subtract(fault.name for fault in chosen)
    # Plain kills may have come before some of them.
    assert more[KILL.name] >= 0
    assert {name for name, count in more.items() if count} <= {KILL.name}
    assert outcome["survived"] == outcome["injected"]


def test_a_run_survives_a_few_faults(tmp_path: Path, disk):
    chosen = [fault for fault in faults(disk) if fault.name in FEW]
    config = CONFIG.replace("kimg: 12.8", "kimg: 3.2")
    config = config.replace("model: {", "model: {architecture: mlp, ")
    check(campaign(tmp_path, disk, chosen, seed=0, config=config), chosen)


@pytest.mark.slow
def test_a_run_survives_every_fault_that_can_be_had_here(tmp_path: Path, disk):
    every = [*faults(disk), KILL, KILL, KILL]
    random.Random(1).shuffle(every)
    check(campaign(tmp_path, disk, every, seed=1), every)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text", "music", "fine-tuning"])
def test_runs_of_every_kind_survive_kills(tmp_path: Path, disk, kind):
    chosen = in_turn(faults_of(kind, disk), 6)
    check(campaign(tmp_path, disk, chosen, seed=2, config=CONFIGS[kind]), chosen)
