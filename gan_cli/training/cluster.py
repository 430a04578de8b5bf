"""Finds the devices and processes that train together, from the config, `TF_CONFIG` and Slurm."""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import tensorflow as tf
from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2 as coordination
from tensorflow.python.distribute import multi_worker_util
from tensorflow.python.eager import context

from gan_cli.errors import UserError
from gan_cli.io.quiet_imports import held_back
from gan_cli.training.distribution import ONE_DEVICE, Distribution, Replicated
from gan_cli.training.meeting import meet, who_is_gone

# Port of the first process on each machine; Slurm does not assign ports.
_FIRST_SLURM_PORT = 23456
# TensorFlow connects workers that have met within a second or two.
_SECONDS_TO_CONNECT = 60


@dataclass(frozen=True)
class Cluster:
    """The processes of one job, which are numbered as workers.

    Attributes:
      addresses: `host:port` of every worker.
      worker: number of this process.
    """

    addresses: tuple[str, ...]
    worker: int

    @property
    def tf_config(self) -> str:
        """The value of the environment variable `TF_CONFIG` for this process."""
        task = {"type": "worker", "index": self.worker}
        return json.dumps({"cluster": {"worker": list(self.addresses)}, "task": task})


def find_cluster(environment: Mapping[str, str]) -> Cluster | None:
    """Returns the cluster that `TF_CONFIG` or, without it, a Slurm step describes.

    Returns None where neither describes one, or where it has a single process.

    Raises:
      UserError: the description is wrong.
    """
    cluster = None
    if environment.get("TF_CONFIG"):
        cluster = _of_tf_config(environment["TF_CONFIG"])
    # Slurm sets these for the tasks that srun starts, not for the batch script around them.
    elif environment.get("SLURM_STEP_NUM_TASKS", "1") != "1" and "SLURM_PROCID" in environment:
        cluster = _of_slurm(environment)
    return cluster if cluster is not None and len(cluster.addresses) > 1 else None


def _of_tf_config(text: str) -> Cluster:
    try:
        config = json.loads(text)
        groups = dict(config["cluster"])
        kind, index = config["task"]["type"], config["task"]["index"]
        tasks = [(job, i) for job in ("chief", "worker") for i in range(len(groups.get(job, [])))]
        addresses = [str(groups[job][i]) for job, i in tasks]
        worker = tasks.index((kind, int(index)))
        others = groups.keys() - {"chief", "worker"}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            "TF_CONFIG: must be JSON with 'cluster', lists of addresses under 'worker' and perhaps"
            " 'chief', and 'task', the 'type' and 'index' of one of them; see docs/distribution.md"
        ) from error
    if others:
        raise UserError(f"TF_CONFIG: task types must be chief or worker, got '{sorted(others)[0]}'")
    return Cluster(tuple(addresses), worker)


def _of_slurm(environment: Mapping[str, str]) -> Cluster:
    try:
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=_FIRST_SLURM_PORT,
            # Slurm assigns GPUs to tasks. The resolver would divide them among the tasks of a
            # machine again; with these numbers it asks for none.
            gpus_per_node=1_000,
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        addresses = resolver.cluster_spec().job_tasks("worker")
        _, worker = resolver.get_task_info()
        if worker is None:
            raise ValueError(f"there is no task {environment['SLURM_PROCID']}")
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"training.strategy: cannot read the Slurm step: {error}; start the tasks with srun, or"
            " set TF_CONFIG"
        ) from error
    host = addresses[worker].rpartition(":")[0]
    own = environment.get("SLURMD_NODENAME", host)
    if own != host:
        raise UserError(
            f"training.strategy: task {worker} runs on {own}, not on {host}; start the tasks in"
            " blocks (srun --distribution=block) on machines in the order of their names, or set"
            " TF_CONFIG"
        )
    return Cluster(tuple(addresses), worker)


def open_distribution(
    strategy: str,
    environment: Mapping[str, str] = os.environ,
    say: Callable[[str], object] = lambda text: None,
) -> Distribution:
    """Returns the devices that a config's `training.strategy` stands for here.

    Call it before TensorFlow runs its first operation. Several workers wait for one another.

    Args:
      strategy: `one`; `mirrored`: all GPUs of this machine, or all logical CPUs where it has no
        GPU; `multi_worker`: the devices of all processes of the cluster; `auto`: `multi_worker` in
        a cluster, else `mirrored` where there are several GPUs, else `one`. With a single device,
        `mirrored` is `one`.
      say: takes a sentence about workers that have not started.

    Raises:
      UserError: there is no cluster, or its description is wrong.
    """
    cluster = find_cluster(environment) if strategy in ("auto", "multi_worker") else None
    if cluster is not None:
        return _open_cluster(cluster, say)
    if strategy == "multi_worker":
        raise UserError(
            "training.strategy: 'multi_worker' needs TF_CONFIG, or a Slurm step, with at least two"
            " processes; see docs/distribution.md"
        )
    names = local_devices(strategy)
    if not names:
        return ONE_DEVICE
    reduction = None
    if tf.DeviceSpec.from_string(names[0]).device_type == "CPU":
        reduction = tf.distribute.ReductionToOneDevice()
    return Replicated(tf.distribute.MirroredStrategy(names, reduction))


def local_devices(strategy: str) -> tuple[str, ...]:
    """Returns the names of this process's devices that a `training.strategy` uses.

    Empty means TensorFlow's default device. Evaluations use the same devices.
    """
    devices = tf.config.list_logical_devices("GPU")
    if not devices and strategy == "mirrored":
        devices = tf.config.list_logical_devices("CPU")
    names = tuple(device.name for device in devices)
    return names if strategy != "one" and len(names) > 1 else ()


def _open_cluster(cluster: Cluster, say: Callable[[str], object]) -> Distribution:
    meet(cluster.addresses, cluster.worker, say)
    # TensorFlow's resolver of this variable gives each process all the GPUs that it sees.
    os.environ["TF_CONFIG"] = cluster.tf_config
    _bound_the_wait(len(cluster.addresses))
    try:
        with _ended_by_signals():
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        gone = who_is_gone(cluster.addresses, cluster.worker)
        raise UserError(
            f"worker {cluster.worker}: lost {gone} while TensorFlow connected the workers; start"
            " all workers again"
        ) from error
    return Replicated(strategy, cluster.worker, len(cluster.addresses))


def _bound_the_wait(workers: int) -> None:
    """Lets TensorFlow wait a minute, not an hour and on one worker for ever, for all workers."""
    cluster = tf.train.ClusterSpec({"worker": ["?"] * workers})
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=multi_worker_util.coordination_leader(cluster),
        coordinated_jobs=[coordination.CoordinatedJob(name="worker", num_tasks=workers)],
        cluster_register_timeout_in_ms=1000 * _SECONDS_TO_CONNECT,
    )
    # Without it, the first worker takes itself for connected and waits without end.
    context.context().coordination_service.cluster_register_with_barrier = True


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets Ctrl-C end the process within the context, and SIGTERM at its end.

    TensorFlow's start lets no handler of Python run, and sets one of its own for SIGTERM, which
    swallows the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if previous[signal.SIGINT] == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    with held_back(signal.SIGTERM):
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
