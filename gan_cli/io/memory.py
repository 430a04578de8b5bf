"""How much memory there is to plan with."""

import os
from collections.abc import Iterable
from pathlib import Path

_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_PROCESS = Path("/proc/self/statm")


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


def memory_limit() -> int:
    """Returns the bytes that this process may use: the machine's, or what `ulimit -v` allows."""
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):
        return machine_memory()
    return machine_memory() if soft == resource.RLIM_INFINITY else min(machine_memory(), soft)


def memory_in_use() -> int:
    """Returns the bytes that this process holds; also reserved ones where `ulimit -v` counts."""
    try:
        reserved, resident = _PROCESS.read_text().split()[:2]
    except (OSError, ValueError):
        return 0
    pages = reserved if memory_limit() < machine_memory() else resident
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
