"""gan-sample --explore: the page over HTTP, and in a browser where there is one."""

import contextlib
import io
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from wsgiref.simple_server import make_server

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from PIL import Image, ImageSequence

from gan_cli.errors import UserError
from gan_cli.explore.painter import png_of, walk_endings, walk_of
from gan_cli.explore.serve import ThreadingServer
from gan_cli.media.encode import encoded
from gan_cli.studio.drawing import DEFAULT_FRAMES_PER_SECOND
from gan_cli.studio.studio import Studio

pytest.importorskip("bottle")


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture(scope="module")
def address(studio):
    """Of a server of the run's page."""
    from gan_cli.explore.server import LOOPBACK, application

    names = []
    title = "digits </script><b>"
    latent_dim = studio.loaded.config.model.latent_dim
    app = application(
        title,
        studio.loaded.class_names,
        latent_dim,
        3,
        partial(png_of, studio),
        names,
        partial(walk_of, studio),
        walk_endings(),
    )
    with make_server(LOOPBACK, 0, app, ThreadingServer) as server:
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
    expected = studio.labelled_images([12], np.array([7], np.int32), 0.8)[0]
    np.testing.assert_array_equal(pixels(content), expected)
    assert headers["Content-Disposition"] == 'attachment; filename="seed000012.png"'
    (tmp_path / "it.png").write_bytes(content)
    status, text = gan_sample("--inspect", tmp_path / "it.png", "--run_dir", studio.run.path)
    assert status == 0, text


def test_a_mixture_ends_at_the_other_seed_and_is_made_again(address, studio, gan_sample, tmp_path):
    ends = studio.labelled_images([4, 9], np.array([2, 2], np.int32)).astype(int)
    files = [
        get(f"{address}/image?seed=4&other=9&label=2&mix={mix}&step2={step}")[0]
        for mix, step in ((0.001, 0), (0.5, 0), (1.0, 0), (0.125, -1.7))
    ]
    shown = [pixels(content) for content in files]
    assert np.abs(shown[0] - ends[0]).max() <= 2
    np.testing.assert_array_equal(shown[2], ends[1])
    assert not np.array_equal(shown[1], shown[0])
    assert not np.array_equal(shown[1], shown[2])
    for content in files:
        (tmp_path / "it.png").write_bytes(content)
        status, text = gan_sample("--inspect", tmp_path / "it.png", "--run_dir", studio.run.path)
        assert status == 0, text


@pytest.mark.parametrize("place", ["seed=-1", "mix=2", "label=10", "step4=nan", "a=1&" * 100])
def test_a_place_that_a_stranger_wrote_is_one_line(studio, gan_sample, tmp_path, place):
    image = Image.fromarray(studio.image(0, 1))
    origin = studio.provenance({"kind": "explored", "place": place})
    (tmp_path / "x.png").write_bytes(encoded(image, ".png", origin))
    with pytest.raises(UserError, match="its record cannot be followed: ") as caught:
        gan_sample("--inspect", tmp_path / "x.png", "--run_dir", studio.run.path)
    assert "\n" not in str(caught.value)


def test_a_latent_that_is_moved_is_that_of_the_generator(address, studio, gan_sample, tmp_path):
    last = studio.loaded.config.model.latent_dim - 1
    latents = studio.latents([4]).copy()
    latents[0, [0, last]] += 1.5, -0.7
    expected = studio.sampler.images(latents, np.array([2], np.int32))[0]
    content, _ = get(f"{address}/image?seed=4&label=2&latent0=1.5&latent{last}=-0.7")
    np.testing.assert_array_equal(pixels(content), expected)
    (tmp_path / "it.png").write_bytes(content)
    status, text = gan_sample("--inspect", tmp_path / "it.png", "--run_dir", studio.run.path)
    assert status == 0, text


def test_a_direction_changes_the_image(address):
    shown = [pixels(get(f"{address}/image?seed=4&step0={step}")[0]) for step in (0, 3)]
    assert not np.array_equal(*shown)


def test_a_walk_leads_through_the_kept_images_and_is_made_again(
    address, studio, gan_sample, tmp_path
):
    kept = ["seed=4&label=2", "seed=9&label=2&mix=0.5&other=1&step1=1.5", "seed=3&label=2"]
    query = urllib.parse.urlencode([("place", text) for text in kept])
    content, headers = get(f"{address}/walk?{query}&ending=.gif")
    assert headers["Content-Disposition"] == 'attachment; filename="walk.gif"'
    walk = Image.open(io.BytesIO(content))
    frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(walk)]
    scale = 256 // 12
    assert frames[0].shape == (12 * scale, 10 * scale, 3)
    assert len(frames) == 3 * DEFAULT_FRAMES_PER_SECOND
    for number, text in enumerate(kept):
        shown = pixels(get(f"{address}/image?{text}")[0]).astype(int)
        middle = frames[number * DEFAULT_FRAMES_PER_SECOND][
            scale // 2 :: scale, scale // 2 :: scale
        ]
        # A GIF has 256 colours, and latents are rounded to float32.
        assert np.abs(middle - shown).max() <= 8, text
    (tmp_path / "walk.gif").write_bytes(content)
    status, text = gan_sample("--inspect", tmp_path / "walk.gif", "--run_dir", studio.run.path)
    assert status == 0, text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("place=seed=1&ending=.gif", "a walk leads through 2 to 12 images, got 1"),
        ("place=seed%3D1&" * 13 + "ending=.gif", "a walk leads through 2 to 12 images, got 13"),
        ("place=seed%3D1&place=seed%3Dx&ending=.gif", "seed: must be a whole number"),
        ("place=seed%3D1&place=seed%3D2&ending=.exe", "ending must be one of "),
    ],
)
def test_what_is_no_walk_is_refused(address, query, said):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{address}/walk?{query}")
    assert caught.value.code == 400
    assert caught.value.read().decode().startswith(said)


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
        "latent1=11",
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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def open_page(browser, address, width, height, mobile=False):
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.call("Page.navigate", url=address)
    browser.wait_for("document.readyState == 'complete'")
    shows(browser, 0)


def shows(browser, seed):
    """Returns when the page has the image of its seed."""
    browser.wait_for(
        "!busy && !stale && image.naturalWidth > 0"
        f" && status.textContent.split(',')[0] == 'seed {seed}'"
    )


def image_of_page(browser):
    """The pixels of the picture as the browser has decoded them."""
    width, height, values = browser.evaluate(
        """(() => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
          return [canvas.width, canvas.height, Array.from(data)];
        })()"""
    )
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def image_of_screen(browser):
    """The pixels of the picture as they are on the screen: the middle of each one's area."""
    box = browser.evaluate(
        """(() => {
          const box = image.getBoundingClientRect();
          const [left, top] = [box.x + image.clientLeft, box.y + image.clientTop];
          return {x: left, y: top, width: image.clientWidth, height: image.clientHeight};
        })()"""
    )
    shot = browser.screenshot(box)
    # object-fit: contain, of 12 x 10 pixels.
    size = min(box["height"] / 12, box["width"] / 10)
    top, left = (box["height"] - 12 * size) / 2, (box["width"] - 10 * size) / 2
    rows = (top + size * (np.arange(12) + 0.5)).astype(int)
    columns = (left + size * (np.arange(10) + 0.5)).astype(int)
    return shot[rows][:, columns]


@pytest.mark.parametrize("size", [(1000, 900), (390, 800)], ids=["desk", "phone"])
def test_a_browser_shows_the_image_of_the_seed(browser, address, studio, size):
    open_page(browser, address, *size, mobile=size[0] < 500)
    for seed in (0, 1, 2):
        expected = studio.image(seed, 0)
        np.testing.assert_array_equal(image_of_page(browser), expected)
        np.testing.assert_array_equal(image_of_screen(browser), expected)
        browser.press("ArrowRight")
        shows(browser, seed + 1)
    browser.press("ArrowLeft")
    shows(browser, 2)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_browser_shows_what_the_controls_say(browser, address, studio, gan_sample, tmp_path):
    open_page(browser, address, 1000, 900)
    said = {"seed": "5", "label": "7", "truncation": "0.5", "step1": "2.5", "latent3": "-1.2"}
    said["mix"] = "0.24"
    for name, value in said.items():
        browser.evaluate(
            f"form.{name}.value = '{value}';"
            "form.dispatchEvent(new Event('input', {bubbles: true}))"
        )
    shows(browser, 5)
    caption = browser.evaluate("status.textContent")
    assert caption == (
        "seed 5, mixed 0.24 with 1, truncation 0.5, direction 2 +2.5, 1 latent moved"
    )
    content, _ = get(address + browser.evaluate("download.getAttribute('href')"))
    np.testing.assert_array_equal(image_of_page(browser), pixels(content))
    np.testing.assert_array_equal(image_of_screen(browser), pixels(content))
    (tmp_path / "it.png").write_bytes(content)
    status, text = gan_sample("--inspect", tmp_path / "it.png", "--run_dir", studio.run.path)
    assert status == 0, text
    browser.evaluate("document.getElementById('reset').click()")
    shows(browser, 0)
    np.testing.assert_array_equal(image_of_page(browser), studio.image(0, 0))


def test_the_address_names_the_place_and_undo_returns(browser, address, studio):
    open_page(browser, address, 1000, 900)
    browser.evaluate("go({seed: 7, label: 3})")
    shows(browser, 7)
    assert browser.evaluate("location.hash").startswith("#seed=7&label=3")
    browser.evaluate("document.getElementById('undo').click()")
    shows(browser, 0)
    browser.call("Page.navigate", url=f"{address}/#seed=4&label=2&other=9&mix=1")
    shows(browser, 4)
    np.testing.assert_array_equal(image_of_page(browser), studio.image(9, 2))


def test_a_variation_becomes_the_image_when_it_is_chosen(browser, address):
    open_page(browser, address, 390, 800, mobile=True)
    browser.evaluate("document.getElementById('vary').click()")
    browser.wait_for(
        "variations.children.length == 16"
        " && [...variations.querySelectorAll('img')].every((each) => each.naturalWidth > 0)"
    )
    browser.evaluate("variations.children[3].click()")
    browser.wait_for("!busy && !stale && status.textContent.startsWith('seed 0, mixed 0.3 with ')")
    assert browser.evaluate("variations.children.length") == 0
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_kept_images_are_in_the_address_and_a_walk_comes_of_them(browser, address, tmp_path):
    open_page(browser, address, 390, 800, mobile=True)
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    assert browser.evaluate("exports.every((button) => button.disabled)")
    browser.evaluate("document.getElementById('keep').click()")
    browser.evaluate("go({seed: 7, label: 3})")
    shows(browser, 7)
    browser.evaluate("document.getElementById('keep').click()")
    assert browser.evaluate("document.querySelectorAll('#kept img').length") == 2
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    browser.evaluate("exports[exports.length - 1].click()")
    browser.wait_for("said.textContent == 'walk.gif is among your downloads'")
    end = time.monotonic() + 30
    while not (tmp_path / "walk.gif").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    with Image.open(tmp_path / "walk.gif") as walk:
        assert walk.n_frames == DEFAULT_FRAMES_PER_SECOND + 1
    shared = browser.evaluate("location.hash")
    browser.evaluate("document.querySelector('#kept button + button').click()")
    assert browser.evaluate("kept.length") == 1
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=f"{address}/{shared}")
    browser.wait_for("document.readyState == 'complete' && typeof busy == 'boolean'")
    shows(browser, 7)
    assert browser.evaluate("kept.length") == 2


def test_a_port_in_use_and_points_are_one_line(digits_run, ring_run, gan_sample, address):
    port = address.rpartition(":")[2]
    with pytest.raises(UserError, match=f"--port: {port} cannot be used: "):
        gan_sample("--run_dir", digits_run, "--explore", f"--port={port}")
    with pytest.raises(UserError, match="--explore: is not available for points"):
        gan_sample("--run_dir", ring_run, "--explore")


@contextlib.contextmanager
def served(run, *start):
    """The command as a process, and the page's address."""
    command = [*start, "--run_dir", run, "--explore", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().split()[0]
        finally:
            process.kill()


def test_the_command_serves_until_it_is_interrupted(digits_run):
    with served(digits_run, Path(sys.executable).parent / "gan-sample") as (process, address):
        page, _ = get(address)
        assert b"gan-cli" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def test_an_interrupt_amid_an_image_is_one(digits_run):
    interrupts = (
        "import os, time\n"
        "from gan_cli.cli import sample\n"
        "from gan_cli.explore import serve\n"
        "serve.png_of = lambda *_: os.kill(os.getpid(), 2) or time.sleep(1) or b''\n"
        "sample.entry_point()"
    )
    with served(digits_run, sys.executable, "-c", interrupts) as (process, address):
        get(f"{address}image?seed=1")
        assert process.wait(timeout=60) == 130


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_another_sites_page_is_not_answered(address, headers):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{address}/image?seed=1", **headers)
    assert caught.value.code == 403
    own = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
    assert get(f"{address}/image?seed=1", **own)[1]["Content-Type"] == "image/png"


def test_silent_connections_hold_up_no_other(address):
    host, port = address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as silent:
        for _ in range(5):
            silent.enter_context(socket.create_connection((host, int(port))))
        assert get(f"{address}/")[0]
