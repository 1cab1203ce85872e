"""A visitor of the web page that compares two faces, the host of it, and what the library says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from facelib import data
from facelib.door.recogniser import Recogniser
from notebooks.kernels import patience

# A network of eight bits rounds at each layer, so the last bit of a sum can move a score: relative
# noise of 1e-6 on the pixels does so by up to 0.016 within one onnxruntime.
CLOSE = 0.02
PATIENCE = 1000 * patience(30)  # milliseconds
# Open streams of the camera, of which the page shows nothing once it has let go of them.
CAMERA = """
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
window.streams = [];
if (ask) navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.streams.push(stream);
    return stream;
};
"""


class Visitor:
    """The page, open in a tab of its own, and what happens there.

    Args:
        page: an empty page of the browser.
        address: of the page that compares faces.

    Attributes: faces, the two parts with a picture each; requested, all addresses; faults, what the
    browser wrote about errors.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.requested: list[str] = []
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.faults.append(said.text))
        page.add_init_script(CAMERA)
        self.go(address)
        self.faces = page.locator(".face").all()

    def go(self, address: str) -> None:
        """Open a page that compares faces, and wait for its first answer."""
        self.page.goto(address)
        expect(self.page.locator("body[data-verdict]")).to_be_visible(timeout=PATIENCE)

    def choose(self, which: int, file: Path, as_is: bool = True) -> str:
        """Choose a file for a face; returns what the page notes about it."""
        face = self.faces[which]
        face.locator("[type=checkbox]").set_checked(as_is)
        return self.changed(which, lambda: face.locator("[type=file]").set_input_files(file))

    def changed(self, which: int, act: Callable[[], object]) -> str:
        """Do something and wait until the page notes something else about a face."""
        note = self.faces[which].locator(".note")
        note.evaluate("note => { note.textContent = '…'; }")
        act()
        expect(note).not_to_have_text("…", timeout=PATIENCE)
        return note.inner_text()

    def number(self, name: str) -> float:
        """One of the numbers shown: score, threshold, time or size."""
        self.page.wait_for_timeout(50)  # for what has just been changed to be compared
        return float(self.page.locator(f"[data-number={name}]").inner_text().split()[0])

    def eye(self, which: int, side: str) -> Locator:
        """The mark on an eye: "left" or "right"."""
        return self.faces[which].get_by_role("slider", name=f"The eye on the {side}")

    def run(self, script: str, *values: object) -> object:
        """Call a function of JavaScript with the page's module of pixels and these values."""
        module = "async values => (%s)(await import(new URL('pixels.js', location)), ...values)"
        return self.page.evaluate(module % script, list(values))


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """An address at which `python -m http.server` shows a folder, and the paths asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def cosine(*files: Path, model: Path | None = None) -> float:
    """The score that the library gives two picture files, whole."""
    codes = []
    for file in files:
        image = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)[None]
        codes.append(Recogniser(model).embed(data.to_square(image).permute(0, 2, 3, 1).numpy())[0])
    return float(codes[0] @ codes[1])


def save(image: Image.Image, file: Path, **settings) -> Path:
    image.save(file, **settings)
    return file
