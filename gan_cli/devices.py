"""Work on parts that need nothing of one another, spread over the devices of this process."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import tensorflow as tf

Part = TypeVar("Part")
Result = TypeVar("Result")
# Parts handed out for each device, so that it need not wait while results are taken.
_PARTS_AHEAD = 2


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], devices: Sequence[str]
) -> Iterator[Result]:
    """Yields what `work` makes of each part, in their order.

    Few parts are held at a time. Variables stay where they are: TensorFlow brings their values to
    the device that asks.

    Args:
      work: called from several threads at once where there are several devices.
      devices: as TensorFlow names them, taken in turns. Fewer than two: the one at hand.
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
