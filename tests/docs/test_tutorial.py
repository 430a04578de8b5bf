"""docs/tutorial.ipynb from its first cell to its last, with a small budget.

The cells run in this process, one after the other in one namespace, as in a notebook's kernel: the
value of a last expression is what the cell shows. Of IPython's own syntax, the notebook may use
`%%writefile` alone.
"""

import ast
import contextlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PATH = Path(__file__).parents[2] / "docs" / "tutorial.ipynb"
NOTEBOOK = json.loads(PATH.read_text(encoding="utf-8"))
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
BUDGET = re.compile(r"^KIMG = \d+", re.MULTILINE)


class Kernel:
    """Runs cells, and keeps what each shows and prints."""

    def __init__(self):
        self.names, self.shown, self.printed = {}, [], []

    def run(self, source):
        if source.startswith("%%writefile "):
            name, _, text = source.removeprefix("%%writefile ").partition("\n")
            Path(name).write_text(text, encoding="utf-8")
            self.shown.append(None)
            self.printed.append("")
            return
        tree, last = ast.parse(source), None
        if isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(tree, "<cell>", "exec"), self.names)
            value = None if last is None else eval(compile(last, "<cell>", "eval"), self.names)
        self.shown.append(value)
        self.printed.append(said.getvalue())


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel in which every cell has run."""
    kernel = Kernel()
    with contextlib.chdir(tmp_path_factory.mktemp("tutorial")):
        for cell in CELLS:
            # One evaluation, and far too few images to learn anything.
            kernel.run(BUDGET.sub("KIMG = 1", "".join(cell["source"])))
        yield kernel


def sources(text):
    """Returns the numbers of the cells that contain a text."""
    found = [number for number, cell in enumerate(CELLS) if text in "".join(cell["source"])]
    assert found, f"no cell has {text}"
    return found


def test_the_budget_is_one_line_of_the_first_cell():
    assert sources("KIMG = ") == [0]
    assert len(BUDGET.findall("".join(CELLS[0]["source"]))) == 1


def test_training_finishes_continues_and_takes_an_own_loss(kernel):
    run, own = kernel.names["run"], kernel.names["own_run"]
    assert (run.outcome, own.outcome) == ("finished", "finished")
    assert run.config.training.kimg == 2 * kernel.names["KIMG"]
    assert run.generator("latest").kimg >= 2.0
    assert own.config.objective.loss == "my_loss:LOSS"
    assert own.config.objective.loss_options == {"margin": 1.0}
    printed = kernel.printed[sources("accept_changes=True")[0]]
    assert "resuming at 1.0" in printed
    # The listener's line of figures.
    assert re.search(r"kimg   D \d+\.\d{3}   G ", kernel.printed[sources("class Lines")[0]])


def test_wrong_values_are_explained(kernel):
    assert kernel.printed[sources('"training.batch"')[0]].count("\n") == 2
    refused = kernel.printed[sources("gan_cli.train(longer, run.path)")[0]]
    assert "training.learning_rate_schedule.until_kimg: 1.0 -> 2.0" in refused


def test_pictures_are_drawn_and_files_written(kernel):
    pictures = [shown for shown in kernel.shown if isinstance(shown, Image.Image)]
    assert len(pictures) == 7
    assert all(np.ptp(np.asarray(picture)) > 0 for picture in pictures)
    images = kernel.names["images"]
    assert (images.shape, images.dtype) == ((100, 16, 16, 1), np.uint8)
    folder = kernel.names["folder"]
    with Image.open(folder / "walk.gif") as walk:
        assert walk.n_frames == 13
    assert (folder / "exported" / "model_card.md").is_file()


def test_every_score_has_a_floor_and_a_ceiling(kernel):
    scores = kernel.names["scored"].scores
    assert list(scores) == ["fd_classifier", "precision", "recall", "c_t"]
    distance = scores["fd_classifier"]
    assert distance.floor < distance.value
    assert distance.floor < distance.ceiling
    assert "fd_classifier" in kernel.printed[sources("scored = run.evaluate")[0]]


def test_the_generator_is_the_same_as_a_model_and_as_an_export(kernel):
    assert np.abs(kernel.names["difference"]).max() <= 1
    np.testing.assert_allclose(kernel.names["from_export"], kernel.names["made"], atol=1e-4)
    assert kernel.printed[sources("tf.saved_model.load")[0]].endswith(": True\n")


def test_the_notebook_as_it_is_kept_has_been_run_and_is_small():
    """GitHub shows its pictures without running it."""
    assert PATH.stat().st_size < 1_000_000
    counts = [cell["execution_count"] for cell in CELLS]
    assert counts == list(range(1, len(CELLS) + 1))
    outputs = [output for cell in CELLS for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 7
    # What it prints names no folder or machine of the one who ran it.
    text = json.dumps([output.get("text", "") for output in outputs])
    assert not re.search(r"/(home|root|work|tmp)/", text)


def test_every_link_of_the_notebook_leads_to_a_page():
    text = "".join("".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "markdown")
    targets = re.findall(r"\]\(([^)#]+)", text)
    assert {"extending.md", "configuration.md"} <= set(targets)
    assert [target for target in targets if not (PATH.parent / target).is_file()] == []
