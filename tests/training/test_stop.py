"""Signals that come while the interpreter is busy elsewhere, as within a call into TensorFlow."""

import hashlib
import os
import signal
import threading
import time

import pytest

from gan_cli.training.stop import StopRequest


def send_while_busy(*numbers):
    """Sends signals while the main thread is where no handler can run; returns when it ended."""
    threading.Thread(target=lambda: [_send(number) for number in numbers]).start()
    # One long call in C, without the interpreter's lock; nothing interrupts it.
    hashlib.pbkdf2_hmac("sha256", b"", b"", 1_500_000)
    return time.monotonic()


def _send(number):
    time.sleep(0.1)
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "again"), [(signal.SIGINT, "Ctrl-C again"), (signal.SIGTERM, "a second signal")]
)
def test_it_is_answered_at_once(number, again):
    said = []
    before = signal.getsignal(number), signal.set_wakeup_fd(-1)
    with StopRequest(lambda text: said.append((text, time.monotonic()))) as stop:
        ended = send_while_busy(number)
        assert stop.signal == number
    ((text, when),) = said
    assert text == (f"stopping after this step, then saving; {again} ends at once, without saving")
    assert when < ended
    assert (signal.getsignal(number), signal.set_wakeup_fd(-1)) == before


def test_the_second_one_ends_the_process_at_once():
    said, statuses = [], []

    def end(status):
        statuses.append((status, time.monotonic()))

    with StopRequest(said.append, end):
        ended = send_while_busy(signal.SIGINT, signal.SIGINT)
    ((status, when),) = statuses
    assert status == 128 + signal.SIGINT
    assert when < ended
    assert said[1] == "ended without saving; the newest checkpoint is as it was"
