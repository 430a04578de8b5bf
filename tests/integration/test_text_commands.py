"""The three commands on lines of text, in two classes."""

import json

import numpy as np
import pytest

CONFIG = """
name: words
data: {source: text, path: words}
model: {architecture: sequence, conditional: true, latent_dim: 8, max_channels: 32}
training: {batch_size: 64, kimg: 12.8, steps_per_call: 20, precision: float32,
  checkpoint_every_kimg: 2.56, grid_every_kimg: 6.4}
evaluation: {every_kimg: 6.4, num_samples: 500}
"""
LAST = "checkpoints/ckpt-12800/manifest.json"
LETTERS = {"low": "abcd", "high": "wxyz"}


# Of the session: a worker that comes back to this file does not train once more.
@pytest.fixture(scope="session")
def trained(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("words")
    (folder / "words.yaml").write_text(CONFIG)
    (folder / "words").mkdir()
    rng = np.random.default_rng(0)
    for name, letters in LETTERS.items():
        words = {"".join(rng.choice(list(letters), rng.integers(3, 7))) for _ in range(900)}
        (folder / "words" / f"{name}.txt").write_text("\n".join(sorted(words)), encoding="utf-8")
    result = run("gan-train", "--config=words.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_training_scores_strings_and_draws_them(trained):
    run_dir = trained / "runs/words"
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    assert [row["kimg"] for row in rows if "jsd_3" in row] == [6.4, 12.8]
    best = json.loads((run_dir / "checkpoints/best.json").read_text())
    assert best["metric"] == "jsd_3_and_repeats"
    assert (run_dir / "samples/grid-000012.png").is_file()
    assert "jsd_3" in (run_dir / "report.html").read_text(encoding="utf-8")


def test_a_run_that_was_cut_equals_the_whole(trained, cut_equals_whole):
    cut_equals_whole(trained / "words.yaml", trained / "runs/words", LAST)


def test_each_class_writes_with_its_own_letters(trained, run):
    for name, letters in LETTERS.items():
        result = run(
            "gan-sample",
            "--run_dir=runs/words",
            f"--classes={name}",
            "--seeds=0-199",
            f"--out={name}.txt",
            cwd=trained,
        )
        assert result.returncode == 0, result.stderr
        text = (trained / f"{name}.txt").read_text(encoding="utf-8").replace("\n", "")
        assert sum(text.count(letter) for letter in letters) > 0.75 * len(text)


def test_evaluation_recognises_the_classes(trained, run):
    result = run("gan-eval", "--run_dir=runs/words", cwd=trained)
    assert result.returncode == 0, result.stderr
    (file,) = (trained / "runs/words/evaluations").iterdir()
    scores = json.loads(file.read_text())["scores"]
    assert scores["class_accuracy"]["value"] > 0.75
    assert scores["jsd_2"]["floor"] < scores["jsd_2"]["value"]
    assert "are recognised as the class" in result.stdout
