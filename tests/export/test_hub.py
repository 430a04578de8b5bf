"""gan-sample --export hub: the card, the app and the code that the card shows."""

import re

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.studio.bulk_requests import Export
from gan_cli.studio.export import write_export
from gan_cli.studio.studio import Studio

for package in ("tf2onnx", "onnxruntime"):
    pytest.importorskip(package)


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(digits_run, "latest")


@pytest.fixture(scope="module")
def folder(studio, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "digits"
    write_export(studio, Export(("hub", "keras", "litert_phone"), "CC-BY-4.0"), folder)
    return folder


def test_the_folder_holds_all_that_the_hub_needs(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "app.py",
        "generator-phone.tflite",
        "generator.keras",
        "generator.onnx",
        "requirements.txt",
        "samples.png",
    ]
    needed = (folder / "requirements.txt").read_text().splitlines()
    imported = set(re.findall(r"^(?:import|from) (\w+)", (folder / "app.py").read_text(), re.M))
    packages = {re.match(r"\w+", line)[0].replace("pillow", "PIL") for line in needed}
    assert packages <= imported
    with Image.open(folder / "samples.png") as picture:
        assert np.ptp(np.asarray(picture)) > 0


def test_the_hubs_own_reader_takes_the_card(folder):
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard.load(folder / "README.md")
    data = card.data.to_dict()
    assert data["license"] == "cc-by-4.0"
    assert data["pipeline_tag"] == "unconditional-image-generation"
    assert (data["sdk"], data["app_file"]) == ("gradio", "app.py")
    assert card.text.lstrip().startswith("# digits")
    assert "inf dB" not in card.content


def test_scores_become_the_cards_results(studio):
    hub = pytest.importorskip("huggingface_hub")
    import dataclasses

    from gan_cli.export.hub import front_matter
    from gan_cli.studio.export import _facts

    evaluation = {"scores": {"fd_classifier": {"value": 0.5}, "recall": {"value": None}}}
    facts = dataclasses.replace(_facts(studio, "", "My own terms"), evaluation=evaluation)
    data = hub.ModelCard(front_matter(facts)).data
    (result,) = data.eval_results
    assert (result.metric_type, result.metric_value) == ("fd_classifier", 0.5)
    assert data.to_dict()["license_name"] == "My own terms"


def test_the_cards_code_runs_and_draws(folder, monkeypatch):
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
    first, *files, last = blocks
    drawn = {}
    for code in files:
        names = {}
        for part in (first, code, last):
            exec(part, names)
        file = re.search(r"generator[\w.-]*", code)[0]
        drawn[file] = names["pixels"]
    assert set(drawn) == {"generator.onnx", "generator.keras", "generator-phone.tflite"}
    keras, onnx = drawn["generator.keras"].astype(int), drawn["generator.onnx"].astype(int)
    assert keras.shape == (8, 12, 10, 3)
    assert np.abs(keras - onnx).max() <= 1
    assert np.abs(keras[:1] - drawn["generator-phone.tflite"].astype(int)).max() <= 3


@pytest.mark.parametrize("truncation", [None, 0.7])
def test_the_app_draws_gan_samples_pictures(folder, studio, truncation):
    space = pytest.importorskip("gradio") and pytest.importorskip("gan_cli.export.space")
    generator = space.Generator(folder / "generator.onnx")
    assert generator.class_names == [str(number) for number in range(10)]
    (drawn,) = generator.images([41], 7, truncation)
    expected = studio.image(41, 7, truncation).astype(int)
    # 12 x 10 pixels, each 21 times as large.
    assert drawn.size == (210, 252)
    assert np.abs(np.asarray(drawn)[::21, ::21].astype(int) - expected).max() <= 1


def test_the_page_of_the_app_answers(folder):
    gradio_client = pytest.importorskip("gradio_client")
    space = pytest.importorskip("gan_cli.export.space")
    page = space.build_page(space.Generator(folder / "generator.onnx"))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True)
    try:
        client = gradio_client.Client(address, verbose=False)
        pictures = client.predict(3, 2, "4", 2.0, api_name="/draw")
        assert [each["caption"] for each in pictures] == ["seed 3", "seed 4"]
        with Image.open(pictures[0]["image"]) as picture:
            assert picture.size == (210, 252)
    finally:
        page.close()


def test_a_licence_of_two_lines_is_refused():
    with pytest.raises(UserError, match="one line of text"):
        Export("hub", "MIT\nand more")
