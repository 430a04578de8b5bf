"""The signals that ask a run to save a checkpoint and to end."""

import signal
import threading

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU, signal.SIGHUP)


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
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        # Only the main thread can set signal handlers.
        if threading.current_thread() is threading.main_thread():
            for number in heeded_signals():
                self._previous[number] = signal.signal(number, self._handle)
            self._previous[signal.SIGTTOU] = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, number: int, _frame: object) -> None:
        if self.signal is not None and number != signal.SIGXCPU:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.signal = self.signal or signal.Signals(number)
