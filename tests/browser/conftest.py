"""One Chromium for each module of browser tests, and what it opens: JupyterLab, or the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from facelib import synth
from facelib.app.doctor import find_chromium
from notebooks.kernels import patience, quiet_kernels
from tests.browser.driver import Lab, Lesson
from tests.browser.visitor import Visitor, served

ROOT = Path(__file__).parents[2]
# Attach every cell, also those out of sight, and ask for no news.
TRACKER = "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
SETTINGS = {
    TRACKER: {"windowingMode": "none"},
    "labconfig/page_config.json": {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    },
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine; Playwright's own would be one more download."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium was not found")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # its sandbox refuses root
    with sync_playwright() as playwright:
        # A camera that shows a moving disc; who may use it, a test says.
        flags = ["--disable-gpu", "--disable-sync", "--use-fake-device-for-media-stream"]
        browser = playwright.chromium.launch(
            executable_path=executable, chromium_sandbox=not root, args=flags
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab that knows no settings of the user and writes to a temporary folder alone."""
    folder = tmp_path_factory.mktemp("lab")
    for name, content in SETTINGS.items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    (folder / "notebooks").mkdir()
    with quiet_kernels(FACELIB_PROFILE="smoke"), jupyter_server(folder) as lab:
        yield lab


@pytest.fixture(scope="module")
def open_lesson(
    chromium: Browser, lab: Lab
) -> Iterator[Callable[[nbformat.NotebookNode, str], Lesson]]:
    """Open a notebook under a name in a browser of its own, without what it stores as outputs."""
    opened: list[Lesson] = []

    def open_copy(notebook: nbformat.NotebookNode, name: str) -> Lesson:
        while opened:  # one kernel at a time: a lesson takes a gigabyte
            opened.pop().close()
        opened.append(Lesson(chromium.new_page(), lab, notebook, name))
        opened[0].open()
        return opened[0]

    yield open_copy
    for lesson in opened:
        lesson.close()


def build_page(folder: Path, *options: str) -> None:
    command = [sys.executable, "tools/build_page.py", "--out", folder, *options]
    subprocess.run(command, cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The address of the page, built by the command and not at a host's root, and its folder."""
    if shutil.which("npm") is None:
        pytest.skip("npm was not found")
    root = tmp_path_factory.mktemp("host")
    folder = root / "some" / "where"
    build_page(folder, "--mtcnn")
    with served(root) as (address, _):
        yield f"{address}some/where/", folder


@pytest.fixture
def visit(chromium: Browser, host: tuple[str, Path]) -> Iterator[Callable[..., Visitor]]:
    """Open the page in a context of its own; at the end nothing has gone wrong there."""
    opened: list[Visitor] = []

    def open_page(**settings) -> Visitor:
        page = chromium.new_context(**settings).new_page()
        opened.append(Visitor(page, host[0]))
        return opened[-1]

    yield open_page
    for visitor in opened:
        visitor.page.context.close()
        assert visitor.faults == []


@pytest.fixture(scope="module")
def people() -> list[Image.Image]:
    """Two faces of nobody."""
    faces = synth.synth(2, 1, seed=9, size=112, channels=3).images
    return [Image.fromarray(face.permute(1, 2, 0).numpy()) for face in faces]


@contextmanager
def jupyter_server(folder: Path) -> Iterator[Lab]:
    """A running JupyterLab on folder/notebooks, on a free port of this machine only."""
    log, places = folder / "log.txt", ("config", "data", "runtime")
    environment = {f"JUPYTER_{place.upper()}_DIR": str(folder / place) for place in places}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    with log.open("wb") as file:
        output = {"stdout": file, "stderr": subprocess.STDOUT}
        server = subprocess.Popen(
            command, cwd=folder / "notebooks", env=os.environ | environment, **output
        )
    try:
        # The port is open once this file is whole.
        known_by = folder / "runtime" / f"jpserver-{server.pid}.json"
        stop = time.monotonic() + patience(60)
        while not (known_by.exists() and known_by.read_text("utf-8").endswith("}")):
            if server.poll() is not None or time.monotonic() > stop:
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8')}")
            time.sleep(0.1)
        known = json.loads(known_by.read_text("utf-8"))
        yield Lab(known["url"], known["token"], folder / "notebooks")
    finally:
        server.terminate()
        server.wait(30)
