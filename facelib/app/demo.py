"""`facelib demo`: the web page that compares two faces, served to this machine alone."""

import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from facelib.app.answers import Refusal

PAGE = Path(__file__).parents[2] / "web" / "dist"
BUILD = "python tools/build_page.py"


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, in the types a browser insists on, whatever this system calls them."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml",
    }  # fmt: skip

    def end_headers(self) -> None:
        """A page that was built again is read again."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *words: object) -> None:
        """Requests are of no interest to whoever looks at the page."""


def make_server(folder: Path) -> ThreadingHTTPServer:
    """A server of a folder's files on a free port of this machine, which nobody else can reach."""
    return ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))


@click.command()
@click.option("--no-open", is_flag=True, help="Only serve it; open no browser.")
def demo(no_open: bool) -> None:
    """Serve the web page that compares two faces, and open it.

    \b
    facelib demo --no-open
    """
    if not (PAGE / "index.html").is_file():
        raise Refusal(f"the page isn't built; in a clone of the course, do: {BUILD}")
    with make_server(PAGE) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        click.echo(f"{address} (stop with Ctrl+C)")
        if not no_open:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")
