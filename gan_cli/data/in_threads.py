"""Many small tasks on several cores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
# Handing over a task takes as long as reading the header of a small file.
_AT_ONCE = 64


def in_threads(work: Callable[[int], Result], count: int) -> list[Result]:
    """Returns `work` of 0 to count - 1, in order; a thread takes 64 of them at a time.

    What `work` raises is raised.
    """

    def several(first: int) -> list[Result]:
        return [work(index) for index in range(first, min(first + _AT_ONCE, count))]

    def all_results() -> Iterator[Result]:
        with ThreadPoolExecutor() as threads:
            for results in threads.map(several, range(0, count, _AT_ONCE)):
                yield from results

    return list(all_results())
