from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from facelib.app import demo
from facelib.app.cli import commands

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path, monkeypatch):
    (tmp_path / "secret.txt").write_text("not of the page")
    page = tmp_path / "dist"
    page.mkdir()
    for name in ("index.html", "main.js", "onnxruntime.wasm"):
        (page / name).write_text(name)
    monkeypatch.setattr(demo, "PAGE", page)
    return page


def test_files_come_as_a_browser_wants_them_and_from_the_folder_alone(page):
    with demo.make_server(page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert server.server_address[0] == "127.0.0.1"
        address = f"http://127.0.0.1:{server.server_port}/"
        kinds = {
            "": "text/html",
            "main.js": "text/javascript",
            "onnxruntime.wasm": "application/wasm",
        }
        for name, kind in kinds.items():
            with urlopen(address + name) as answer:
                assert answer.headers["Content-Type"] == kind
                assert answer.headers["Cache-Control"] == "no-cache"
        for elsewhere in ("secret.txt", "../secret.txt", "%2e%2e/secret.txt"):
            with pytest.raises(HTTPError, match="404"):
                urlopen(address + elsewhere)
        server.shutdown()


@pytest.mark.parametrize("words", [["demo"], ["demo", "--no-open"]])
def test_the_browser_opens_what_is_served_unless_told_not_to(page, monkeypatch, words):
    opened = []

    def stop(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo.webbrowser, "open", opened.append)
    monkeypatch.setattr(demo.ThreadingHTTPServer, "serve_forever", stop)
    done = CliRunner().invoke(commands, words)
    address, *_ = done.output.split()
    assert done.exit_code == 0
    assert opened == ([] if "--no-open" in words else [address])


def test_a_page_that_is_not_built_is_an_error_that_says_how(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "PAGE", tmp_path)
    done = CliRunner().invoke(commands, ["demo"])
    assert done.exit_code == 2
    assert "do: python tools/build_page.py" in done.output
    assert (ROOT / "tools" / "build_page.py").is_file()
