"""How a text reads: as a page, as plain text, on a console that knows few characters."""

import html
import re
import sys

_CODE = re.compile(r"`([^`]+)`")
_EMPHASIS = re.compile(r"(?<!\w)\*(\S(?:[^*]*\S)?)\*(?!\w)")


def to_html(text: str) -> str:
    """The text as HTML: `code` and *emphasis* are marked up, and everything else is escaped."""
    parts = _CODE.split(html.escape(text.encode("utf-8", "replace").decode()))
    parts[::2] = [_EMPHASIS.sub(r"<em>\1</em>", words) for words in parts[::2]]
    parts[1::2] = [f"<code>{code}</code>" for code in parts[1::2]]
    return "".join(parts)


def to_plain(text: str) -> str:
    """The text without the asterisks of *emphasis*, in characters that this console can print."""
    parts = re.split(r"(`[^`]+`)", text)
    parts[::2] = [_EMPHASIS.sub(r"\1", words) for words in parts[::2]]
    return make_printable("".join(parts))


def make_printable(text: str) -> str:
    """The text with a question mark for each character that this console can't print."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
