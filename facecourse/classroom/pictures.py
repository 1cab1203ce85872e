"""What in an executed notebook could show a person, and the notebook without it.

A program can't tell a chart from a photograph by its pixels, so what is kept is what must be
harmless: words, tables, numbers, and charts that `facelib.figures` drew with no picture inside.
Code, words and all metadata but those of widgets stay, nbgrader's too.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

SENTENCE = "[A picture was removed here: it may show a person.]"
PLAIN = {"text/plain", "text/html", "application/vnd.facelib.record+json"}  # kinds of output
CHART = re.compile(
    r'<img class="chart" alt="[^"<>]*" src="data:image/png;base64,([A-Za-z0-9+/=]+)">'
)
TAGS = re.compile(
    "b|blockquote|br|caption|code|d[dlt]|details|div|em|h[1-6r]|i|li|ol|p|pre|s|small|span|strong"
    "|style|su[bp]|summary|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
ATTRIBUTES = {"border", "class", "colspan", "id", "open", "role", "rowspan", "scope", "style"}
DRAWN = re.compile(r"url|image|@|\\", re.IGNORECASE)  # how a style could bring a picture
PACKED = re.compile(  # a picture in letters: a data address, base64 in one line or many, bytes
    r"data:(?:application|audio|image|text|video)/[^\s\"'<>)]+|[^\s<>]{300,}"
    r"|(?:[A-Za-z0-9+/=]{40,}\s+){8,}|(?:\\x[0-9a-f]{2}[^\\\n]{0,40}){50,}",
    re.IGNORECASE,
)
ATTACHED = re.compile(r"!\[[^\]]*\]\(attachment:[^)]*\)")


class _Page(HTMLParser):
    """Whether a page could show a picture: any but plain tags, attributes and styles."""

    shows = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = TAGS.fullmatch(tag) and {name for name, _ in attrs} <= ATTRIBUTES
        self.shows |= not known or any(DRAWN.search(value or "") for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.shows |= self.lasttag == "style" and bool(DRAWN.search(data))


def shows_picture(page: str) -> bool:
    """Whether some HTML could show a picture that is no chart of `facelib.figures`."""
    rest = CHART.sub("", page)
    parser = _Page()
    parser.feed(rest)
    parser.close()
    return parser.shows or bool(PACKED.search(rest))


def strip_notebook(notebook: NotebookNode) -> Counter[str]:
    """Take what could show a person out of an executed notebook; returns how much of what."""
    from nbformat.v4 import new_output

    gone = Counter({"states of widgets": len(notebook.metadata.pop("widgets", ()))})
    for cell in notebook.cells:
        cell.source, attached = ATTACHED.subn(SENTENCE, cell.source)
        cell.source = _unpack(cell.source, gone)
        gone["attachments"] += max(attached, len(cell.pop("attachments", ())))
        if cell.cell_type == "code" and "real-faces" in cell.metadata.get("tags", ()):
            gone["outputs of real faces"] += len(cell.outputs)
            cell.outputs = [new_output("stream", text=SENTENCE + "\n")] if cell.outputs else []
        for output in cell.get("outputs", ()):
            _strip_output(output, gone)
    return +gone


def _unpack(words: str, gone: Counter[str]) -> str:
    words, count = PACKED.subn(SENTENCE, words)
    gone["pictures in letters"] += count
    return words


def _strip_output(output: NotebookNode, gone: Counter[str]) -> None:
    if output.output_type == "stream":
        output.text = _unpack(output.text, gone)
    elif output.output_type == "error":
        output.evalue = _unpack(output.evalue, gone)
        output.traceback = [_unpack(line, gone) for line in output.traceback]
    else:
        data, page = output.data, output.data.get("text/html", "")
        chart = CHART.fullmatch(page)
        kept = PLAIN | ({"image/png"} if chart and data.get("image/png") == chart[1] else set())
        kept -= {"text/html"} if shows_picture(page) else set()
        words = _unpack(data.get("text/plain", ""), gone)
        if lost := data.keys() - kept:
            gone["pictures or widgets"] += 1
            words, output.metadata = f"{words}\n{SENTENCE}".strip(), {}
        output.data = {kind: data[kind] for kind in data.keys() - lost} | {"text/plain": words}
