"""A visitor of the web page that compares two faces."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from notebooks.kernels import patience

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
        page.goto(address)
        expect(page.locator("body[data-verdict]")).to_be_visible(timeout=PATIENCE)
        self.faces = page.locator(".face").all()

    def choose(self, which: int, file: Path, as_is: bool = True) -> str:
        """Choose a file for a face; returns what the page notes about it."""
        face = self.faces[which]
        face.locator("[type=checkbox]").set_checked(as_is)
        return self.changed(which, lambda: face.locator("[type=file]").set_input_files(file))

    def changed(self, which: int, act) -> str:
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
