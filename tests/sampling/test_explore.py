"""gan-sample --explore: the page over HTTP, and in a browser where there is one."""

import io
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from wsgiref.simple_server import make_server

import numpy as np
import pytest
from PIL import Image

from gan_cli.cli.sampling.explore import Painter
from gan_cli.cli.sampling.studio import Studio
from gan_cli.errors import UserError

pytest.importorskip("bottle")
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture(scope="module")
def address(studio):
    """Of a server of the run's page."""
    from gan_cli.explore.server import LOOPBACK, application

    names = []
    title = "digits </script><b>"
    app = application(title, studio.loaded.class_names, 3, Painter(studio).png, names)
    with make_server(LOOPBACK, 0, app) as server:
        names.append(f"{LOOPBACK}:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{names[0]}"
        server.shutdown()


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return answer.read(), answer.headers


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_seed_is_the_image_that_gan_sample_makes_of_it(address, studio, gan_sample, tmp_path):
    content, headers = get(f"{address}/image?seed=12&other=3&label=7&truncation=0.8&download=1")
    expected = studio.images([12], np.array([7], np.int32), 0.8)[0]
    np.testing.assert_array_equal(pixels(content), expected)
    assert headers["Content-Disposition"] == 'attachment; filename="seed000012.png"'
    (tmp_path / "it.png").write_bytes(content)
    status, text = gan_sample("--inspect", tmp_path / "it.png", "--run_dir", studio.run.path)
    assert status == 0, text


def test_a_mixture_begins_and_ends_at_the_seeds(address, studio):
    ends = studio.images([4, 9], np.array([2, 2], np.int32)).astype(int)
    places = [0.001, 0.5, 1.0]
    shown = [pixels(get(f"{address}/image?seed=4&other=9&label=2&mix={mix}")[0]) for mix in places]
    assert np.abs(shown[0] - ends[0]).max() <= 2
    assert np.abs(shown[2] - ends[1]).max() <= 1
    assert not np.array_equal(shown[1], shown[0])
    assert not np.array_equal(shown[1], shown[2])


def test_a_direction_changes_the_image(address):
    shown = [pixels(get(f"{address}/image?seed=4&step0={step}")[0]) for step in (0, 3)]
    assert not np.array_equal(*shown)


@pytest.mark.parametrize(
    "query",
    [
        "seed=-1",
        "seed=x",
        "seed=99999999999999999999",
        "label=10",
        "mix=1.1",
        "mix=nan",
        "step1=11",
    ],
)
def test_what_is_no_place_is_refused(address, query):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{address}/image?{query}")
    assert caught.value.code == 400
    assert "must be a" in caught.value.read().decode()


def test_other_names_for_this_machine_are_refused_and_nothing_comes_from_elsewhere(address):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{address}/", Host="evil.example")
    assert caught.value.code == 403
    page, headers = get(f"{address}/")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b"://" not in page
    # A config's name cannot end the script.
    assert page.count(b"</script>") == 1


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_shows_the_image_of_the_seed(address, studio, tmp_path):
    shot = tmp_path / "page.png"
    flags = "--headless --no-sandbox --disable-gpu --window-size=1000,900"
    waiting = "--virtual-time-budget=20000"
    subprocess.run(
        [CHROMIUM, *flags.split(), waiting, f"--screenshot={shot}", f"{address}/"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    page = np.asarray(Image.open(shot).convert("RGB")).astype(int)
    image = studio.images([0], np.array([0], np.int32))[0].astype(int)
    # Enlarged without smoothing: every colour of the image fills an area of the page.
    colours, counts = np.unique(page.reshape(-1, 3), axis=0, return_counts=True)
    filled = {tuple(c) for c, n in zip(colours, counts, strict=True) if n > 100}
    assert {tuple(c) for c in image.reshape(-1, 3)} <= filled


def test_a_port_in_use_and_points_are_one_line(digits_run, ring_run, gan_sample, address):
    port = address.rpartition(":")[2]
    with pytest.raises(UserError, match=f"--port: {port} cannot be used: "):
        gan_sample("--run_dir", digits_run, "--explore", f"--port={port}")
    with pytest.raises(UserError, match="is for images"):
        gan_sample("--run_dir", ring_run, "--explore")


def test_the_command_serves_until_it_is_interrupted(digits_run):
    gan_sample = Path(sys.executable).parent / "gan-sample"
    with subprocess.Popen(
        [gan_sample, "--run_dir", digits_run, "--explore", "--port=0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        line = process.stdout.readline()
        page, _ = get(line.split()[0])
        assert b"gan-cli" in page
        process.send_signal(2)
        assert process.wait(timeout=60) == 130
