"""Checkpoints, metrics, environments and statistics of any content."""

import io
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.metrics.statistics import read_statistics
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.page import write_report
from gan_cli.training.guard import NORMS, Guard

LOSSES = ("generator_loss", "discriminator_loss")
FUZZ = settings.get_profile("gan-cli-fuzz")
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("part", ["manifest.json", "state.index", "state.data-00000-of-00001"])
def test_checkpoints(tmp_path, mutated, only_user_errors, part):
    variables = {"weights": tf.Variable([1.0, 2.0]), "step": tf.Variable(3, dtype=tf.int64)}
    store = CheckpointStore(tmp_path / "checkpoints")
    older = store.save(variables, 100)
    newer = store.save(variables, 200)
    kept = tmp_path / "kept"
    shutil.copytree(newer.path, kept)
    whole = (kept / part).read_bytes()
    values = {name: v.numpy() for name, v in variables.items()}

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 3, 10))
    @given(st.one_of(mutated(whole), JSON.map(lambda value: json.dumps(value).encode())))
    def check(content):
        for folder in (*store.folder.glob("damaged-*"), newer.path):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, newer.path)
        (newer.path / part).write_bytes(content)
        with only_user_errors(older.path, newer.path):
            restore(newer, variables)
        for name, value in values.items():
            np.testing.assert_array_equal(variables[name], value)
        with only_user_errors(older.path):
            found = store.newest_good(on_damage=lambda line: None)
            # A changed layout of the manifest is no damage; other bytes of the state are.
            assert found == older or (content == whole or part == "manifest.json")

    check()


def test_records_of_the_best(tmp_path, only_user_errors):
    variables = {"weights": tf.Variable([1.0])}
    store = CheckpointStore(tmp_path / "checkpoints")
    only = store.save(variables, 100)

    @FUZZ
    @given(st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=20)))
    def check(content):
        (store.folder / "best.json").write_bytes(content)
        with only_user_errors(only.path):
            assert store.find("best") == only

    check()


def test_metrics(tmp_path, mutated, only_user_errors):
    path = tmp_path / "metrics.jsonl"
    rows = [
        {"images_shown": n, "kimg": n / 1000, "loss": 0.5, "training_seconds": n} for n in (16, 32)
    ]
    whole = "".join(json.dumps(row) + "\n" for row in rows).encode()
    numbers = st.one_of(JSON, st.integers(), st.floats(), st.just(10**400))
    read_by_guard = (*NORMS, *LOSSES, "ranking_accuracy", "overfitting", "diversity", "loss_scale")
    fields = st.fixed_dictionaries(
        {"images_shown": numbers},
        optional=dict.fromkeys((*read_by_guard, "modes_covered", "kimg"), numbers),
    )
    lines = st.lists(st.one_of(fields, JSON).map(json.dumps), max_size=4)

    @FUZZ
    @given(st.one_of(mutated(whole), lines.map("\n".join).map(str.encode)))
    def check(content):
        path.write_bytes(content)
        log = MetricsLog(path)
        guards = [Guard(bounded_loss=True, num_modes=modes, grace_images=0) for modes in (None, 8)]
        with only_user_errors():
            for row in log.read():
                for guard in guards:
                    guard.observe(row)
            log.truncate_after(24)
            assert all(row["images_shown"] <= 24 for row in log.read())
            log.append(48, {"loss": 1.0})
            assert log.read()[-1] == {"images_shown": 48, "kimg": 0.048, "loss": 1.0}

    check()


def test_guard_logs(tmp_path, mutated, only_user_errors):
    path = tmp_path / "guard.jsonl"
    fields = {"signal": "collapse", "did": "warned", "detail": "x", "interventions": 1}
    whole = "".join(json.dumps({"images_shown": n, **fields}) + "\n" for n in (16, 32)).encode()
    any_fields = st.fixed_dictionaries({"images_shown": JSON}, optional=dict.fromkeys(fields, JSON))
    lines = st.lists(any_fields.map(json.dumps), max_size=4)

    @FUZZ
    @given(st.one_of(mutated(whole), lines.map("\n".join).map(str.encode)))
    def check(content):
        path.write_bytes(content)
        log = GuardLog(path)
        with only_user_errors():
            log.truncate_after(24, 1)
            log.append(48, *list(fields.values())[:3], 2)
            assert log.read()[-1] == {"images_shown": 48, **fields, "interventions": 2}

    check()


def test_a_metrics_line_of_endless_depth_is_skipped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("[" * 200_000 + '\n{"images_shown": 1}\n')
    assert MetricsLog(path).read() == [{"images_shown": 1, "kimg": 0.001}]


def test_evaluations_and_the_report(tmp_path, mutated, only_user_errors):
    run = RunDirectory(tmp_path)
    score = {"value": 3.0, "interval": 0.1, "floor": 1.0, "ceiling": 9.0, "higher_is_better": False}
    sound = {
        "checkpoint": "ckpt-16",
        "kimg": 0.016,
        "scores": dict.fromkeys(["fd_random", "precision", "recall"], score),
        "num_generated": 50,
        "num_reference": 40,
        "class_shares": {"a": 0.5, "b": 0.5},
        "details": {"class_modes": {"a": {"covered": True, "data_share": 0.5}}},
        "reading": ["Good."],
    }
    sound["details"]["class_modes"]["b"] = {"covered": False, "data_share": 0.5}
    numbers = st.one_of(JSON, st.integers(), st.floats(), st.just(10**400), st.just(1e308))
    scores = st.dictionaries(
        st.sampled_from(["fd_random", "precision", "recall", "$x$", "_", "\x1b[2J"]),
        st.fixed_dictionaries({}, optional=dict.fromkeys(score, numbers)).map(
            lambda fields: score | fields
        ),
    )
    records = st.fixed_dictionaries(
        {}, optional={**dict.fromkeys(sound, JSON), "kimg": numbers, "scores": scores}
    ).map(lambda fields: sound | fields)
    contents = st.one_of(
        mutated(json.dumps(sound).encode()),
        st.one_of(records, JSON).map(json.dumps).map(str.encode),
    )
    (tmp_path / "evaluations").mkdir()

    @FUZZ
    @given(contents, contents)
    def check(one, other):
        (tmp_path / "evaluations/one.json").write_bytes(one)
        (tmp_path / "metrics.jsonl").write_bytes(other)
        with only_user_errors(tmp_path / "evaluations", tmp_path / "metrics.jsonl"):
            problems = write_report(run)
            assert all("\n" not in problem for problem in problems)
        assert run.report.is_file()

    check()


def test_environments(tmp_path, mutated, only_user_errors):
    run = RunDirectory(tmp_path)
    whole = json.dumps({"dataset": {"fingerprint": "ab", "class_names": ["0", "1"]}}).encode()

    @FUZZ
    @given(st.one_of(mutated(whole), JSON.map(lambda value: json.dumps(value).encode())))
    def check(content):
        run.environment.write_bytes(content)
        with only_user_errors(tmp_path):
            dataset = run.read_environment()["dataset"]
            assert isinstance(dataset["fingerprint"], str)
            assert all(isinstance(name, str) for name in dataset["class_names"])

    check()


class Network:
    """As much of a feature network as reading statistics asks for."""

    name, sha256, dimension = "random", "0" * 64, 3


def statistics(**arrays) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


ANY_ARRAY = st.builds(
    lambda dtype, shape, fill: np.full(shape, fill).astype(dtype),
    st.sampled_from(["f4", "f8", "i8", "?", "U3", "c16", "M8[s]"]),
    st.sampled_from([(), (1,), (3,), (3, 3), (2, 3), (0,)]),
    st.integers(-1, 9),
)


def test_statistics(tmp_path, mutated, only_user_errors):
    path = tmp_path / "statistics.npz"
    sound = {"mu": np.zeros(3), "sigma": np.eye(3), "num_images": np.int64(50)}
    sums = {"raw_mean": np.zeros(3), "raw_cov": np.eye(3), "num_items": np.int64(50)}
    names = st.sampled_from([*sound, *sums, "features", "features_sha256"])

    @FUZZ
    @given(
        st.one_of(
            mutated(statistics(**sound)),
            mutated(statistics(**sums)),
            st.dictionaries(names, ANY_ARRAY, max_size=7).map(lambda a: statistics(**sound | a)),
            st.dictionaries(names, ANY_ARRAY, max_size=7).map(lambda a: statistics(**sums | a)),
        )
    )
    def check(content):
        path.write_bytes(content)
        with only_user_errors(path):
            moments = read_statistics(path, Network())
            assert np.isfinite(moments.mean).all()
            assert moments.covariance.shape == (3, 3)

    check()
