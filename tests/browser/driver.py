"""Drive a notebook in JupyterLab as a learner with a keyboard does, and read what it shows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Locator, Page, TimeoutError, WebSocket, expect

from notebooks.kernels import patience, too_slow

# Milliseconds for an answer of the page, for what a control computes, and for all cells. The course
# promises 15 s for these on two free cores; this machine may be busy.
PATIENCE, SLOWEST, LONGEST = (1000 * patience(seconds) for seconds in (30, 20, 120))
WIDTH = 1250  # pixels of the page
# What may not stand in any output, in those inside widgets neither: [number of the cell, text].
FAULTS = """cells => cells.flatMap((cell, number) =>
    [...cell.querySelectorAll(".jp-OutputArea-output:not(:has(.jp-OutputArea-output))")]
        .filter(output => /jupyter\\.(error|stderr)$/.test(output.dataset.mimeType)
            || /Traceback|Error displaying widget|Loading widget/.test(output.innerText))
        .map(output => [number, output.innerText.trim()]))"""
DONE = """() => {
    const prompts = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")]
        .filter(cell => cell.querySelector(".cm-content").innerText.trim())
        .map(cell => cell.querySelector(".jp-InputPrompt").innerText);
    const failed = document.querySelector(".jp-OutputArea-output[data-mime-type$='jupyter.error']");
    return !prompts.some(prompt => prompt.includes("*"))
        && (failed || prompts.every(prompt => /\\d/.test(prompt)));
}"""
# The door to try has its own tests: a slider that hides the face leaves the others without effect.
SLIDERS = ".widget-slider:not(.door *) .noUi-handle"
FIELDS = ".widget-dropdown:not(.door *) select, .widget-text input[type=number]"
# What the nearest box shows: cells of tables, and figures, which say in words what they show.
SHOWN = """xpath=ancestor::*[contains(@class, 'widget-box')][.//td or .//img][1]
    //*[self::td or self::img]"""
SAID = "parts => parts.flatMap(part => part.alt?.split(/[\\s,;:]+/) ?? [part.innerText])"
VALUE = """control => control.closest(".widget-slider")?.querySelector(".widget-readout").innerText
    ?? control.selectedOptions?.[0].innerText ?? control.value"""


class Lab(NamedTuple):
    """A running JupyterLab: its address, its token, and the folder it serves."""

    url: str
    token: str
    folder: Path


class Lesson:
    """A notebook, open in JupyterLab.

    Args:
        page: an empty page of the browser.
        lab: where to open the notebook.
        notebook: a copy without outputs is opened, so that whatever shows was made here.
        name: of the copy, without a suffix.
    """

    def __init__(self, page: Page, lab: Lab, notebook: NotebookNode, name: str) -> None:
        self.page, self.lab, self.notebook = page, lab, nbformat.from_dict(notebook)
        self.requested: set[str] = set()
        self.seconds = 0.0  # that all cells took
        self.heard: set[str] = set()  # the sockets that have said something
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        self.name = f"{name}.ipynb"
        nbformat.write(self.notebook, lab.folder / self.name)
        self.address = f"{lab.url}doc/tree/{self.name}?reset&token={lab.token}"
        self.cells = page.locator(".jp-Notebook .jp-Cell")
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.requested.add(request.url))
        page.on("websocket", self._listen)

    def open(self) -> None:
        """Wait until all cells are there and the kernel is ready."""
        self.page.goto(self.address)
        # The page says "idle" before it has a kernel, too, and then ignores Run All Cells.
        if not self._until(lambda: any("/channels" in url for url in self.heard), PATIENCE):
            raise TimeoutError(too_slow("the kernel's answer to JupyterLab", PATIENCE / 1000))
        expect(self.cells).to_have_count(len(self.notebook.cells), timeout=PATIENCE)
        idle = self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        expect(idle).to_be_visible(timeout=PATIENCE)

    def close(self) -> None:
        """End its kernel, too."""
        header = {"Authorization": f"token {self.lab.token}"}
        sessions = f"{self.lab.url}api/sessions"
        for session in self.page.request.get(sessions, headers=header).json():
            self.page.request.delete(f"{sessions}/{session['id']}", headers=header)
        self.page.close()

    def run_all(self) -> None:
        """Choose Run All Cells, wait until all have run or one has failed, and note the seconds."""
        start = time.perf_counter()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            self.page.wait_for_function(DONE, timeout=LONGEST)
        except TimeoutError as error:
            raise AssertionError(too_slow("Run All Cells", LONGEST / 1000)) from error
        self.seconds = time.perf_counter() - start

    def faults(self) -> list[str]:
        """Errors, warnings and widgets that failed, wherever the page shows them."""
        found = self.cells.evaluate_all(FAULTS)
        return [f"cell {number} shows {words}" for number, words in found]

    def requests_elsewhere(self) -> set[str]:
        """What was requested from any other machine than this one."""
        local = {"127.0.0.1", None}  # None: data and blobs, which are in the page
        return {url for url in self.requested if urlsplit(url).hostname not in local}

    def dead_controls(self) -> list[str]:
        """Move every control by keyboard; returns those that change nothing but their own value.

        Controls are all sliders, and the lists and number fields with a table or a figure in their
        widget box.
        """
        fields = self.page.locator(FIELDS).all()
        fields = [field for field in fields if field.locator(SHOWN).count()]
        dead = []
        for control in self.page.locator(SLIDERS).all() + fields:
            before, after = self._move(control)
            if after in ([], before):
                place = control.evaluate("control => control.closest('.jp-OutputArea').innerText")
                dead.append(f"{before} has become {after} beside the control of\n{place}")
        return dead

    def answer(self, starter: str, outcomes: Mapping[str, str]) -> None:
        """Type each of these codes over an exercise's starter, run the cell, expect the outcome.

        Args:
            starter: as it stands in the lesson.
            outcomes: {code: the Outcome's kind}.
        """
        sources = [cell.source for cell in self.notebook.cells]
        number = next(n for n, source in enumerate(sources) if starter in source)
        cell = self.cells.nth(number)
        for new, kind in outcomes.items():
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(sources[number].replace(starter, new))
            self.page.keyboard.press("Control+Enter")
            told = re.compile(f"[✔✘⚠…] {kind}")
            expect(cell.locator(".jp-OutputArea")).to_contain_text(told, timeout=PATIENCE)

    def screenshot(self, path: Path) -> None:
        """Store a picture of the whole notebook."""
        panel = self.page.locator(".jp-Notebook .jp-WindowedPanel-outer")
        height = panel.evaluate("panel => panel.scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": height + 200})
        panel.evaluate("panel => panel.scrollTo(0, 0)")
        box = self.cells.last.bounding_box()
        whole = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 20}
        self.page.screenshot(path=path, clip=whole)

    def _listen(self, socket: WebSocket) -> None:
        self.requested.add(socket.url)
        socket.on("framereceived", lambda _: self.heard.add(socket.url))

    def _until(self, condition: Callable[[], bool], milliseconds: float) -> bool:
        """Wait for a condition while the page goes on; returns whether it came true."""
        stop = time.monotonic() + milliseconds / 1000
        while not (done := condition()) and time.monotonic() < stop:
            self.page.wait_for_timeout(100)
        return done

    def _move(self, control: Locator) -> tuple[list[str], list[str]]:
        """What is shown before and after a control goes as far as one key takes it: cells of the
        table, words of what a figure says.

        What only repeats the control's own values, old and new, is left out.
        """
        shown = control.locator(SHOWN)
        before, own = shown.evaluate_all(SAID), [control.evaluate(VALUE)]
        for key in ("End", "Home", "ArrowUp", "ArrowDown"):  # the first two leave numbers alone
            control.press(key)
            own.append(control.evaluate(VALUE))
            if own[-1] != own[0]:
                break

        def computed(cells: list[str]) -> list[str]:
            return [cell for cell in cells if not any(_same(cell, value) for value in own)]

        def changed() -> bool:
            # A table may be gone for a moment before the new one comes.
            return computed(shown.evaluate_all(SAID)) not in ([], computed(before))

        self._until(changed, SLOWEST)
        return computed(before), computed(shown.evaluate_all(SAID))


def _same(cell: str, value: str) -> bool:
    try:
        return float(cell) == float(value)
    except ValueError:
        return cell == value
