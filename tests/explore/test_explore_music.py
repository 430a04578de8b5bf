"""gan-sample --explore for music: piano rolls, and the sound of the phrase that is shown."""

import io
import threading
import urllib.error
import urllib.request
import wave
from functools import partial
from wsgiref.simple_server import make_server

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from PIL import Image
from runs import TINY, make_run

from gan_cli.explore.painter import png_of, wav_of
from gan_cli.explore.serve import ThreadingServer
from gan_cli.music.synthesiser import as_16_bit, rendered
from gan_cli.studio.studio import Studio

pytest.importorskip("bottle")


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Untrained: drums, bass, piano and lead."""
    model = {**TINY, "architecture": "choir"}
    path = tmp_path_factory.mktemp("runs") / "songs"
    return Studio.open(make_run(path, {"source": "builtin", "name": "songs"}, model))


@pytest.fixture(scope="module")
def address(studio):
    from gan_cli.explore.server import LOOPBACK, application

    names = []
    play = partial(wav_of, studio)
    app = application("songs", (), 8, 3, partial(png_of, studio), names, play=play)
    with make_server(LOOPBACK, 0, app, ThreadingServer) as server:
        names.append(f"{LOOPBACK}:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{names[0]}"
        server.shutdown()


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read(), answer.headers


def samples(content):
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


@pytest.mark.parametrize("place", ["seed=3", "seed=3&other=5&mix=0.5&step0=1.5&latent2=-1"])
def test_a_place_is_seen_and_heard_and_made_again(address, studio, gan_sample, tmp_path, place):
    for name in ("image", "sound"):
        content, headers = get(f"{address}/{name}?{place}&download=1")
        path = tmp_path / f"it{'.png' if name == 'image' else '.wav'}"
        assert headers["Content-Disposition"].endswith(f'"seed000003{path.suffix}"')
        path.write_bytes(content)
        status, text = gan_sample("--inspect", path, "--run_dir", studio.run.path)
        assert status == 0, text
    assert headers["Content-Type"] == "audio/wav"


def test_the_sound_of_a_seed_is_its_phrase(address, studio):
    piece = studio.loaded.domain.piece(studio.images([3])[0])
    content, _ = get(f"{address}/sound?seed=3")
    np.testing.assert_array_equal(samples(content), as_16_bit(rendered(piece)))
    assert not np.array_equal(samples(content), samples(get(f"{address}/sound?seed=4")[0]))
    picture = np.asarray(Image.open(io.BytesIO(get(f"{address}/image?seed=3")[0])))
    expected = studio.loaded.domain.picture(studio.images([3]), 1, None)
    np.testing.assert_array_equal(picture, np.asarray(expected))


def test_what_is_no_place_makes_no_sound(address):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{address}/sound?seed=-1")
    assert caught.value.code == 400


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 800)])
def test_the_page_plays_what_it_shows(address, tmp_path, width, height):
    with Browser(tmp_path / "profile") as browser:
        mobile = width < 500
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        browser.call("Emulation.setDeviceMetricsOverride", **metrics)
        browser.call("Page.navigate", url=f"{address}/#seed=3")
        browser.wait_for("document.readyState == 'complete' && image.naturalWidth > 100")
        browser.wait_for("sound.src.includes('/sound?seed=3')")
        # Loads when it is asked for, not before.
        assert browser.evaluate("sound.readyState") == 0
        browser.evaluate("sound.muted = true")
        # A key, as browsers play nothing before the user has touched the page.
        browser.press("p")
        browser.wait_for("sound.readyState > 1 && sound.currentTime > 0.05")
        assert browser.evaluate("play.textContent") == "pause"
        assert browser.evaluate("sound.duration") == pytest.approx(9.68, abs=0.05)
        browser.evaluate("play.click()")
        browser.wait_for("sound.paused && play.textContent == 'play'")
        browser.evaluate("move(1)")
        browser.wait_for("sound.src.includes('/sound?seed=4') && sound.paused")
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
