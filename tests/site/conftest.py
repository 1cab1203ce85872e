"""The site and the slides, built once for a module of tests, and somebody who reads them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from notebooks.kernels import patience
from tests.browser.conftest import chromium
from tests.browser.visitor import served

__all__ = ["chromium"]
ROOT = Path(__file__).parents[2]
PATIENCE = 1000 * patience(30)  # milliseconds


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the module's `COMMAND` writes, not at a host's root."""
    if shutil.which("npm") is None:
        pytest.skip("npm was not found")
    out = tmp_path_factory.mktemp("host") / "some" / "where"
    tool, *options = request.module.COMMAND
    command = [sys.executable, ROOT / "tools" / tool, out, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def read(chromium: Browser, built: Path) -> Iterator[Callable[..., Page]]:
    """Open a page of it in a context of its own; at the end nothing has gone wrong there."""
    contexts, faults = [], []
    expect.set_options(timeout=PATIENCE)
    with served(built.parents[1]) as (address, _):

        def open_page(name: str, **settings) -> Page:
            contexts.append(chromium.new_context(**settings))
            page = contexts[-1].new_page()
            page.set_default_timeout(PATIENCE)
            inside = (address, "data:", "blob:")
            page.on("request", lambda sent: sent.url.startswith(inside) or faults.append(sent.url))
            page.on("response", lambda got: got.ok or faults.append(f"{got.status} {got.url}"))
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: said.type == "error" and faults.append(said.text))
            page.goto(f"{address}some/where/{name}")
            return page

        yield open_page
        for context in contexts:
            context.close()
    assert faults == []
