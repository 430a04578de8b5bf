"""What TF_CONFIG and Slurm say about the processes of a job."""

import json

import pytest

from gan_cli.errors import UserError
from gan_cli.training.cluster import Cluster, find_cluster, open_distribution
from gan_cli.training.distribution import ONE_DEVICE

TWO = {"worker": ["a:1", "b:2"]}


def tf_config(cluster, kind, index):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_the_chief_is_the_first_worker():
    cluster = {"chief": ["c:1"], "worker": ["a:1", "b:2"]}
    assert find_cluster(tf_config(cluster, "chief", 0)) == Cluster(("c:1", "a:1", "b:2"), 0)
    assert find_cluster(tf_config(cluster, "worker", 1)) == Cluster(("c:1", "a:1", "b:2"), 2)
    assert find_cluster(tf_config(TWO, "worker", 1)) == Cluster(("a:1", "b:2"), 1)


def test_a_cluster_survives_being_written_as_tf_config():
    cluster = Cluster(("a:1", "b:2"), 1)
    assert find_cluster({"TF_CONFIG": cluster.tf_config}) == cluster


@pytest.mark.parametrize("environment", [{}, tf_config({"worker": ["a:1"]}, "worker", 0)])
def test_one_process_is_no_cluster(environment):
    assert find_cluster(environment) is None
    assert open_distribution("auto", environment) is ONE_DEVICE
    with pytest.raises(UserError, match=r"^training.strategy: 'multi_worker' needs TF_CONFIG"):
        open_distribution("multi_worker", environment)


@pytest.mark.parametrize(
    "environment",
    [
        {"TF_CONFIG": "{"},
        {"TF_CONFIG": "[1]"},
        {"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}}'},
        tf_config(TWO, "worker", 2),
        tf_config(TWO, "ps", 0),
        tf_config(TWO, "worker", "x"),
        tf_config({**TWO, "ps": ["p:1"]}, "worker", 0),
        tf_config({"worker": 3}, "worker", 0),
    ],
)
def test_a_wrong_tf_config_is_one_line(environment):
    with pytest.raises(UserError, match=r"^TF_CONFIG: ") as caught:
        find_cluster(environment)
    assert len(caught.value.problems) == 1
    assert "\n" not in caught.value.problems[0]


def slurm(monkeypatch, rank, nodes="n[1-2]", tasks="2(x2)", node=None):
    environment = {
        "SLURM_STEP_NUM_TASKS": "4",
        "SLURM_PROCID": str(rank),
        "SLURM_STEP_NODELIST": nodes,
        "SLURM_STEP_TASKS_PER_NODE": tasks,
    }
    if node:
        environment["SLURMD_NODENAME"] = node
    for name, value in environment.items():
        # TensorFlow's resolver reads the process's own.
        monkeypatch.setenv(name, value)
    return environment


def test_a_slurm_step_is_a_cluster_with_a_port_for_each_task_of_a_machine(monkeypatch):
    cluster = find_cluster(slurm(monkeypatch, 2, node="n2"))
    assert cluster == Cluster(("n1:23456", "n1:23457", "n2:23456", "n2:23457"), 2)


def test_tasks_that_the_resolver_would_mix_up_are_refused(monkeypatch):
    # Sorted by name, n10 comes before n2; Slurm starts the first tasks on n2.
    with pytest.raises(UserError, match=r"task 0 runs on n2, not on n10"):
        find_cluster(slurm(monkeypatch, 0, nodes="n2,n10", node="n2"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rank": 0, "tasks": "many"},
        {"rank": 0, "nodes": "n[1"},
        # One more than there are, and of another number than of tasks.
        {"rank": 4},
        {"rank": 0, "tasks": "3(x2)"},
        {"rank": "first"},
    ],
)
def test_a_slurm_step_that_makes_no_sense_is_one_line(monkeypatch, wrong):
    with pytest.raises(UserError, match=r"^training.strategy: cannot read the Slurm step"):
        find_cluster(slurm(monkeypatch, **wrong))


def test_a_number_of_tasks_that_is_none_is_one_line(monkeypatch):
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "x")
    monkeypatch.setenv("SLURM_PROCID", "0")
    with pytest.raises(UserError, match=r"cannot read the Slurm step: invalid literal"):
        find_cluster({"SLURM_STEP_NUM_TASKS": "x", "SLURM_PROCID": "0"})


def test_a_batch_script_outside_of_srun_is_no_cluster():
    assert find_cluster({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}) is None
