"""What the demo says and shows, as HTML; it reads the same on a light page and on a dark one."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from ipywidgets import HTML
from PIL import Image

from facecourse.lesson12_capstone.door import Door, Judgement
from facelib.figures import COLOURS

BLUE, ORANGE = COLOURS[:2]
STYLE = f"""<style>
.door {{ max-width: 64em; }}
.door .widget-html, .door .widget-html-content {{ height: auto; white-space: normal;
    color: var(--jp-ui-font-color1, #222); line-height: 1.45; }}
.door h3 {{ margin: 0.8em 0 0.2em; padding-top: 0.6em;
    border-top: 1px solid var(--jp-border-color1, #bbb); }}
.door p {{ margin: 0.2em 0; max-width: 46em; }}
.door .verdict .widget-html-content, .door .fooled .widget-html-content {{ display: flex;
    flex-wrap: wrap; align-items: flex-start; }}
.door .judgement {{ flex: 1 1 20em; }}
.door figure {{ display: inline-block; margin: 0.3em 0.8em 0.3em 0; }}
.door figure img {{ display: block; height: 8.5em; }}
.door figcaption {{ font-size: 90%; }}
.door .trouble {{ border-left: 4px solid {ORANGE}; padding-left: 0.6em; }}
.door .scale {{ position: relative; max-width: 26em; height: 1.2em;
    margin: 0.6em 0 1.8em; border: 1px solid var(--jp-border-color1, #bbb); }}
.door .score {{ height: 100%; }}
.door .threshold {{ position: absolute; top: -0.3em; height: 1.8em; white-space: nowrap;
    border-left: 3px solid var(--jp-ui-font-color1, #222); }}
.door .threshold span {{ position: absolute; top: 1.9em; font-size: 90%; line-height: 1;
    transform: translateX(-50%); }}
</style>"""
ABOUT = """<p>Photographs and faces are in this kernel's memory and nowhere else: nothing is written
to disk or sent to another machine, and closing the kernel forgets everybody. The networks are
teaching examples: decide nothing about anybody by them.</p>"""
CONSENT = """<p><b>Enrol</b> keeps the name, the cut faces above, and of each a template: 128
numbers, from which a face can be drawn. They are kept in this kernel's memory. <b>Forget</b>
deletes them, and so does closing the kernel.</p>"""


def warn(words: str) -> str:
    """What went wrong and what to do."""
    return f'<p class="trouble" role="alert">✘ {html.escape(words)}</p>'


@contextmanager
def refusing(news: HTML, about: str = "") -> Iterator[None]:
    """Tell in words what can't be done, after what `news` says already."""
    try:
        yield
    except (ValueError, PermissionError, ImportError) as error:
        news.value += warn(f"{about}{error}")


def confirm(words: str) -> str:
    """What has been done."""
    return f'<p role="status">{html.escape(words)}</p>'


def show(picture: Image.Image | np.ndarray, caption: str, alt: str) -> str:
    """A picture, RGB, with a caption and a text alternative."""
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, "PNG")
    png = base64.b64encode(file.getvalue()).decode()
    image = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
    return f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>"


def describe(door: Door) -> str:
    """From which cosine on the network says yes, and how often it is wrong."""
    name = html.escape(door.network)
    if not door.known:
        return f"<p><b>{name}</b> gives scores and no verdict: {html.escape(door.why)}.</p>"
    wrong, missed = door.known.in_words()
    return (
        f"<p><b>{name}</b> says yes from a cosine of {door.known.threshold:.3f} on, chosen on "
        f"photographs so that {100 * door.known.far:g} % of pairs of two people pass (FAR). Of "
        f"{door.known.false_accepts['n']:,} other such pairs of LFW {wrong} passed, of as many "
        f"pairs of one person {missed} were missed (95 % intervals).</p>"
    )


def explain(judgement: Judgement, door: Door, finding: float, claimed: bool) -> str:
    """A score as a bar, the threshold marked, with the verdict in words and what it took.

    Args:
        finding: milliseconds that finding and cutting the face took.
        claimed: the person was named; else the most similar one was looked for.
    """
    name, score, embedding = judgement
    colour, mark, words = BLUE, "", f"The cosine with {name} is {score:.3f}. No verdict: {door.why}"
    if door.known:
        threshold = door.known.threshold
        words = f"cosine {score:.3f}, threshold {threshold:.3f}"
        if score >= threshold:
            words = f"✔ {name}: {words}"
        else:
            who = f"Not recognised as {name}" if claimed else f"Nobody known; most like {name}"
            colour, words = ORANGE, f"✘ {who}: {words}"
        mark = (
            f'<div class="threshold" style="left: {_place(threshold)}">'
            f"<span>threshold {threshold:.3f}</span></div>"
        )
    alt = html.escape(words)
    bar = f"width: {_place(score)}; background: {colour}"
    return (
        f'<div class="judgement"><p role="status"><b>{alt}.</b></p>'
        f'<div class="scale" role="img" aria-label="Bar from 0 to 1: {alt}">'
        f'<div class="score" style="{bar}"></div>{mark}</div>'
        f"<p>{finding:.0f} ms to find and cut the face, {embedding:.0f} ms to embed it by "
        f"{html.escape(door.network)}.</p></div>"
    )


def _place(cosine: float) -> str:
    return f"{100 * min(max(cosine, 0), 1):.1f}%"
