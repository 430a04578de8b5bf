"""How much memory there is to plan with."""

import os
from collections.abc import Iterable
from pathlib import Path

_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def machine_memory(container_limits: Iterable[Path] = _CONTAINER_LIMITS) -> int:
    """Returns the memory of this machine, or of the container that limits it, in bytes.

    Args:
      container_limits: files that may hold a container's limit in bytes.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in container_limits:
        # The file may be missing, or say `max`.
        if file.is_file() and (limit := file.read_text().strip()).isdigit():
            memory = min(memory, int(limit))
    return memory
