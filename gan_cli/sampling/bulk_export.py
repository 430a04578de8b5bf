"""Writes any number of images to a sink, in constant memory, at the generator's speed.

While TensorFlow generates images, one thread draws the next latents and another writes the previous
images. Neither holds Python's lock for long, so on two cores or more they add little time.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.media.sinks.sink import Sink
from gan_cli.sampling.generate import BATCH_SIZE, Sampler

CHUNK = 1024
# Most bytes of the images of one chunk; up to four chunks are in memory.
_CHUNK_BYTES = 2**25


def export(
    sampler: Sampler,
    latents_of: Callable[[Sequence[int]], np.ndarray],
    seeds: Sequence[int],
    labels: np.ndarray | None,
    sink: Sink,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Writes the images of all seeds, and continues where an earlier call was interrupted.

    Args:
      latents_of: from seeds to latents, float32 [count, latent_dim].
      seeds: a range where there are very many.
      labels: int32 [len(seeds)], or None.
      on_progress: called with the numbers of images written and in all.

    Returns:
      How many images were there already.

    Raises:
      UserError: the images cannot be written.
    """
    try:
        with sink:
            before = sink.start(seeds, labels)
            on_progress(before, len(seeds))
            _write(sampler, latents_of, seeds, labels, sink, before, on_progress)
            sink.finish()
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow writes TFRecord files, and has errors of its own.
        reason = error.strerror if isinstance(error, OSError) else error.message
        raise UserError(
            f"{sink.out}: cannot be written: {reason}; repeating this continues from what is there"
        ) from error
    return before


def _write(
    sampler: Sampler,
    latents_of: Callable,
    seeds: Sequence[int],
    labels: np.ndarray | None,
    sink: Sink,
    before: int,
    on_progress: Callable,
) -> None:
    pending: list[tuple[int, Future]] = []

    def settle(most_left: int) -> None:
        while len(pending) > most_left:
            done, future = pending.pop(0)
            future.result()
            on_progress(done, len(seeds))

    broken = threading.Event()

    def append(images: np.ndarray, some_seeds: list[int], some_labels: np.ndarray | None) -> None:
        # After a chunk that was not written, no other may follow.
        if broken.is_set():
            return
        try:
            sink.append(images, some_seeds, some_labels)
        except BaseException:
            broken.set()
            raise

    with ThreadPoolExecutor(1, thread_name_prefix="export") as writer:
        try:
            for start, images in _chunks(sampler, latents_of, seeds, labels, before):
                end = start + len(images)
                part = None if labels is None else labels[start:end]
                job = writer.submit(append, images, list(seeds[start:end]), part)
                pending.append((end, job))
                settle(most_left=2)
            settle(most_left=0)
        finally:
            for _, job in pending:
                job.cancel()


def _chunks(
    sampler: Sampler,
    latents_of: Callable,
    seeds: Sequence[int],
    labels: np.ndarray | None,
    start: int,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields where each chunk starts, and its images."""
    batches = _CHUNK_BYTES // (sampler.sample_bytes * BATCH_SIZE)
    size = BATCH_SIZE * min(max(batches, 1), CHUNK // BATCH_SIZE)
    # A chunk's latents are drawn while the chunk before it is generated.
    with ThreadPoolExecutor(1, thread_name_prefix="draw") as drawer:
        ahead = drawer.submit(latents_of, seeds[start : start + size])
        for first in range(start, len(seeds), size):
            latents, end = ahead.result(), first + size
            if end < len(seeds):
                ahead = drawer.submit(latents_of, seeds[end : end + size])
            yield first, sampler.images(latents, None if labels is None else labels[first:end])
