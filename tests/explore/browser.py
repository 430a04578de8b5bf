"""Chromium without a window, by the DevTools protocol over two pipes."""

import base64
import io
import itertools
import json
import os
import select
import shutil
import subprocess
import time

import numpy as np
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --remote-debugging-pipe --force-device-scale-factor=1"
)
_SECONDS = 60


class Browser:
    """A context manager; one page.

    Args:
      profile: an empty folder.
    """

    def __init__(self, profile):
        self.profile = profile
        self._ids = itertools.count(1)
        self._received = b""
        self._session = None

    def __enter__(self):
        hears, self._tell = os.pipe()
        self._hear, tells = os.pipe()
        # Chromium hears at 3 and tells at 4.
        command = f'exec "$0" {_FLAGS} --user-data-dir="$1" 3<&{hears} 4>&{tells}'
        self._process = subprocess.Popen(
            ["bash", "-c", command, CHROMIUM, self.profile],
            pass_fds=(hears, tells),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(hears)
        os.close(tells)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        return self

    def __exit__(self, *_):
        self._session = None
        self.call("Browser.close")
        os.close(self._tell)
        os.close(self._hear)
        self._process.wait(timeout=_SECONDS)

    def call(self, method, **parameters):
        """What Chromium answers to a command of the protocol."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._tell, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, expression):
        """The value of JavaScript."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, expression):
        """Returns when JavaScript is true."""
        end = time.monotonic() + _SECONDS
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)

    def press(self, key):
        """Presses and releases a key, such as ArrowRight."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, box=None):
        """uint8 [height, width, 3] of what is seen, or of a box of it: x, y, width and height."""
        clip = {} if box is None else {"clip": {**box, "scale": 1}}
        data = self.call("Page.captureScreenshot", **clip)["data"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))

    def _next(self):
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._hear], [], [], _SECONDS)
            content = os.read(self._hear, 2**16) if ready else b""
            assert content, "chromium does not answer"
            self._received += content
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)
