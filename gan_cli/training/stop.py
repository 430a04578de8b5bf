"""The signals that ask a run to save a checkpoint and to end."""

import os
import signal
import threading
from collections.abc import Callable

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU, signal.SIGHUP)
# No signal has this number: it ends the watcher's thread.
_END = b"\0"


def heeded_signals() -> list[signal.Signals]:
    """Returns the signals to stop, without SIGHUP where the process ignores it, as under nohup."""
    return [
        number
        for number in _STOP_SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]


class StopRequest:
    """Records the first signal to stop as a request; a second one ends the process.

    The signals are SIGINT, SIGTERM, SIGXCPU, and SIGHUP unless the process ignores it, as under
    nohup. SIGXCPU comes every second once a limit of CPU time is passed, and counts once. A process
    in the background may write to its terminal (SIGTTOU).
    Python runs a handler only between two calls into TensorFlow, which can be a minute apart.
    Therefore a thread answers: it reads the signals' numbers, which the interpreter writes to a
    pipe at once.

    Args:
      say: takes a sentence about what happens now; called from that thread.
      end: ends the process at once, given its exit status.
    """

    def __init__(
        self,
        say: Callable[[str], object] = lambda text: None,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self.signal: signal.Signals | None = None
        self._say, self._end = say, end
        self._previous: dict[int, object] = {}
        self._pipe: tuple[int, int] | None = None
        self._watcher: threading.Thread | None = None
        self._previous_pipe = -1

    def __enter__(self) -> "StopRequest":
        # Only the main thread can set signal handlers.
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in heeded_signals():
            self._previous[number] = signal.signal(number, self._handle)
        self._previous[signal.SIGTTOU] = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[1], False)
        self._previous_pipe = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        self._watcher = threading.Thread(target=self._watch, args=self._pipe[:1], daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._pipe is None or self._watcher is None:
            return
        signal.set_wakeup_fd(self._previous_pipe)
        os.write(self._pipe[1], _END)
        self._watcher.join()
        for end in self._pipe:
            os.close(end)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, number: int, _frame: object) -> None:
        if self.signal is None:
            self.signal = signal.Signals(number)

    def _watch(self, pipe: int) -> None:
        is_asked = False
        while True:
            received = os.read(pipe, 1)
            if received in (_END, b""):
                return
            if self._previous_pipe >= 0:
                os.write(self._previous_pipe, received)
            if received[0] not in self._previous:
                continue
            number = signal.Signals(received[0])
            if is_asked and number == signal.SIGXCPU:
                continue
            if is_asked:
                self._say("ended without saving; the newest checkpoint is as it was")
                self._end(128 + number)
            is_asked = True
            again = "Ctrl-C again" if number == signal.SIGINT else "a second signal"
            self._say(
                f"stopping after this step, then saving; {again} ends at once, without saving"
            )
