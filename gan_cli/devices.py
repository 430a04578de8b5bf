"""Spreads work on independent parts over the devices of this process."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import tensorflow as tf

Part = TypeVar("Part")
Result = TypeVar("Result")
# Number of parts in progress for each device, so that no device waits while results are consumed.
_PARTS_AHEAD = 2


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], devices: Sequence[str]
) -> Iterator[Result]:
    """Yields the result of `work` for each part, in the order of the parts.

    Few parts are in memory at a time. Variables stay where they are: TensorFlow copies their values
    to the device that reads them.

    Args:
      work: function of one part; with several devices, several threads call it at once.
      devices: TensorFlow's names of devices, used in turn. With fewer than two, `work` runs on the
        default device.
    """
    if len(devices) < 2:
        yield from map(work, parts)
        return

    def on(device: str, part: Part) -> Result:
        with tf.device(device):
            return work(part)

    with ThreadPoolExecutor(len(devices)) as pool:
        under_way: deque[Future[Result]] = deque()
        for part, device in zip(parts, itertools.cycle(devices), strict=False):
            under_way.append(pool.submit(on, device, part))
            if len(under_way) == _PARTS_AHEAD * len(devices):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
