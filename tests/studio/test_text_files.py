"""Strings as lines and as pictures: walks, sheets, their origin, and that they are made again."""

import json
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.page import write_report
from gan_cli.studio.bulk import write_images
from gan_cli.studio.bulk_requests import Export, Images
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import ProjectText
from gan_cli.studio.export import write_export
from gan_cli.studio.picture_requests import Grid, Sheet, Walk
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify


def lines_for(folder):
    """Two classes of strings, of different letters."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for name, letters in (("low", "abcd"), ("high", "wxyz")):
        words = {"".join(rng.choice(list(letters), 5)) for _ in range(300)}
        (folder / f"{name}.txt").write_text("\n".join(sorted(words)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    data = {"source": "text", "path": str(lines_for(folder / "words"))}
    model = {**TINY, "architecture": "sequence", "conditional": True}
    return Studio.open(make_run(folder / "run", data, model))


def test_a_walk_is_a_line_a_step_and_its_stops_are_the_seeds_own(studio, tmp_path):
    path = tmp_path / "walk.txt"
    draw(studio, Walk("spherical", seeds=(3, 8), steps=5, classes=("low",))).save(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    own = studio.loaded.domain.decoded(studio.images((3, 8), ("low",)))
    assert len(lines) == 6
    assert [lines[0], lines[5]] == own
    assert read_provenance(path).recipe["kind"] == "walk"
    path = tmp_path / "walk.jsonl"
    draw(studio, Walk("spherical", seeds=(3, 8), steps=5, classes=("low",))).save(path)
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [each["text"] for each in found] == lines
    assert [each.get("stop") for each in found] == ["3", None, None, None, None, "8"]
    assert {each["track"] for each in found} == {"low"}


def test_a_walk_between_classes_ends_in_the_classes(studio, tmp_path):
    path = tmp_path / "classes.txt"
    draw(studio, Walk("classes", seeds=(1, 2), steps=3)).save(path)
    tracks = path.read_text(encoding="utf-8").split("\n\n")
    of_class = [studio.loaded.domain.decoded(studio.images((1, 2), (n,))) for n in (0, 1)]
    for number, track in enumerate(tracks):
        lines = track.rstrip("\n").split("\n")
        assert [lines[0], lines[3]] == [strings[number] for strings in of_class]


@pytest.mark.parametrize("ending", [".txt", ".jsonl", ".png"])
def test_files_of_walks_are_made_again(studio, tmp_path, ending):
    path = tmp_path / f"walk{ending}"
    draw(studio, Walk("linear", seeds=(0, 1), steps=4)).save(path)
    assert verify(path, studio.run.path).comparison.equal
    if ending != ".png":
        path.write_bytes(path.read_bytes() + b"x\n")
        assert not verify(path, studio.run.path).comparison.equal


@pytest.mark.parametrize("ending", [".txt", ".jsonl"])
def test_many_lines_are_made_again(studio, tmp_path, ending):
    path = tmp_path / f"names{ending}"
    write_images(studio, Images(seed=5, count=1500, classes=("high", "low")), path)
    found = verify(path, studio.run.path)
    assert found.comparison.equal
    assert found.comparison.what == "all 1500 strings"
    content = path.read_text(encoding="utf-8").split("\n")
    for broken in ([*content[:-2], ""], [*content[:-1], "x", ""], content[1:2] + content[1:]):
        path.write_text("\n".join(broken), encoding="utf-8")
        assert not verify(path, studio.run.path).comparison.equal


@pytest.mark.parametrize("kind", ["truncation", "classes", "real"])
def test_sheets_are_tables_of_strings(studio, tmp_path, kind):
    path = tmp_path / "sheet.png"
    draw(studio, Sheet(kind, seeds=(0, 1, 2))).save(path)
    assert np.asarray(Image.open(path)).min() < 100
    assert verify(path, studio.run.path).comparison.equal


def test_what_is_no_text_is_not_written_as_text(studio, digits_run, tmp_path):
    with pytest.raises(UserError, match=r"must end in .* or \.txt or \.jsonl for text"):
        draw(studio, Walk("linear", seeds=(0, 1))).save(tmp_path / "a.gif")
    with pytest.raises(UserError, match="is not available for strings"):
        draw(studio, Sheet("training"))
    with pytest.raises(UserError, match=r"must end in .*, got"):
        draw(Studio.open(digits_run, "latest"), Grid(seeds=(0,))).save(tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_a_projection_finds_what_the_generator_makes(studio, tmp_path):
    """The string of a seed is found from other seeds, and its latents make it again."""
    wanted = next(text for text in studio.loaded.domain.decoded(studio.images(range(50))) if text)
    path = tmp_path / "found.txt"
    (written,) = draw(studio, ProjectText(wanted, seed=5000, fit_steps=200)).save(path)
    found = path.read_text(encoding="utf-8").rstrip("\n")
    again = draw(studio, Walk("linear", latents=[path.with_suffix(".npz")] * 2, steps=1))
    assert [line.text for line in again.draw_lines()] == [found, found]
    assert found == wanted
    assert "exactly as given" in written.description
    assert verify(path, studio.run.path).comparison.equal
    path.write_text(f"{found}x\n", encoding="utf-8")
    assert not verify(path, studio.run.path).comparison.equal


def test_a_projection_refuses_what_it_cannot_reach(studio, digits_run):
    with pytest.raises(UserError, match="characters that the run does not know: 'Q'"):
        draw(studio, ProjectText("aQ"))
    with pytest.raises(UserError, match="'abcdabcd' is longer than the run's 5 characters"):
        draw(studio, ProjectText("abcdabcd"))
    with pytest.raises(UserError, match="is not available for images"):
        draw(Studio.open(digits_run, "latest"), ProjectText("a"))


def test_the_report_speaks_of_strings(studio):
    run = studio.run
    for shown in (1000, 2000):
        row = {"discriminator_loss": 1.0, "images_per_second": 9.0, "training_seconds": 9.0}
        MetricsLog(run.metrics).append(shown, row)
    run.samples.mkdir(exist_ok=True)
    Image.new("L", (8, 8)).save(run.samples / "reals.png")
    write_report(run)
    page = run.report.read_text()
    assert "2.0 thousand strings shown" in page
    assert "<figcaption>Strings per second</figcaption>" in page
    # Letters are shown smooth, and light on dark where the page is dark.
    assert '<div class="tiles strings">' in page
    # The axes' labels are drawn as text.
    assert "thousands of strings shown" in page
    # The key of metrics.jsonl keeps its name.
    shown = page.partition("<h2>Config")[0].replace("images_per_second", "")
    assert "images" not in shown
    run.metrics.unlink()


@pytest.mark.parametrize("form", ["keras", "saved_model", "litert"])
def test_an_exported_generator_makes_the_strings_of_the_seeds(studio, tmp_path, form):
    (exported,) = write_export(studio, Export(form), tmp_path / "out")
    assert exported.largest_error == 0
    seeds, labels = range(20), np.zeros(20, np.int32)
    path = tmp_path / "out" / exported.format.file_name
    tokens = exported.format.load(path)(studio.latents(seeds), labels)
    assert tokens.shape == (20, 5)
    strings = studio.loaded.domain.decoded(tokens[:, :, None, None])
    # Classes are in alphabetical order.
    assert strings == studio.loaded.domain.decoded(studio.images(seeds, ("high",)))
    card = (tmp_path / "out" / "model_card.md").read_text(encoding="utf-8")
    assert '| alphabet | `"abcdwxyz"` |' in card
    assert "pixels" not in card.partition("## Recipe")[0]
    assert "thousand strings shown" in card


def test_an_onnx_file_knows_its_alphabet(studio, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    (exported,) = write_export(studio, Export("onnx"), tmp_path / "out")
    assert exported.largest_error == 0
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "generator.onnx"))
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["alphabet"]) == "abcdwxyz"
    assert metadata["images"].startswith("int32 [batch, places]; 0 ends a string")


def test_the_hub_takes_images_only(studio, tmp_path):
    with pytest.raises(UserError, match="is not available for strings"):
        write_export(studio, Export("hub"), tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".txt", ".jsonl"])
def test_many_strings_take_no_more_memory_than_some(studio, tmp_path, ending):
    """18,000 further strings would take more than a megabyte if they were kept."""

    def peak_bytes(count):
        tracemalloc.start()
        try:
            write_images(studio, Images(count=count), tmp_path / f"{count}{ending}")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_bytes(1_000)  # What is imported and compiled once.
    # With 5,000 strings all buffers are full.
    assert peak_bytes(23_000) - peak_bytes(5_000) < 500_000
    lines = (tmp_path / f"23000{ending}").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 23_000
