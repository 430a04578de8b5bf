"""Evaluation spread over devices gives the figures of one device."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gan_cli.devices import in_order

HERE = Path(__file__).parent
DEVICES = ("CPU:0", "CPU:0", "CPU:0")


@pytest.mark.parametrize("devices", [(), DEVICES[:1], DEVICES])
def test_results_come_in_the_order_of_their_parts(devices):
    def work(part: int) -> int:
        # The first of each turn takes longest.
        time.sleep(0.01 * (3 - part % 3))
        return part * part

    assert list(in_order(work, range(20), devices)) == [part * part for part in range(20)]
    assert list(in_order(work, [], devices)) == []


def test_few_parts_are_held_and_several_worked_on_at_once():
    taken, together = 0, threading.Barrier(3, timeout=20)

    def parts():
        nonlocal taken
        for part in range(30):
            taken += 1
            yield part

    def work(part: int) -> int:
        # Passes only where three are under way at the same time.
        together.wait()
        return part

    for done, _ in enumerate(in_order(work, parts(), DEVICES)):
        assert taken <= done + 6


def test_an_error_in_a_part_is_that_of_the_whole():
    def work(part: int) -> int:
        if part == 4:
            raise ValueError("part 4")
        return part

    with pytest.raises(ValueError, match="part 4"):
        list(in_order(work, range(9), DEVICES))


def test_two_devices_share_an_evaluation_and_give_the_scores_of_one(tmp_path):
    result = subprocess.run(
        [sys.executable, HERE / "sharded_evaluation.py"],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "GAN_CLI_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    one, two = json.loads(result.stdout.splitlines()[-1])
    assert (one["devices"], two["devices"]) == (1, 2)
    assert one["sizes"] == two["sizes"] == [64] * 12 + [9]
    assert two["pixels"] == one["pixels"]
    assert one["scores"].keys() == two["scores"].keys()
    for name, value in one["scores"].items():
        assert two["scores"][name] == pytest.approx(value, rel=1e-6), name
