"""Pictures of every kind are planted in a hand-in, and no byte of them comes out."""

import base64
import copy
import html
import json

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from facecourse.classroom.pictures import SENTENCE, shows_picture, strip_notebook
from facecourse.cli import commands
from facecourse.kit.exercise import Outcome
from facelib.figures import Table, mime, subplots

PIXELS = bytes(range(32, 256)) * 3  # what a picture holds
FACE = base64.b64encode(PIXELS).decode()
URI = f"data:image/png;base64,{FACE}"
NESTED = html.escape(f'<img src="{URI}">')
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{URI}"/></svg>'
LINES = base64.encodebytes(PIXELS).decode()
GRADED = {"grade": True, "grade_id": "q1", "locked": False, "points": 2, "schema_version": 3}
PAGES = {
    "img": f'<p>me</p><img alt="me" src="{URI}">',
    "a forged attribute": f'<img class="chart" alt="me" onload="x" src="{URI}">',
    "jpeg": f'<img class="chart" alt="me" src="data:image/jpeg;base64,{FACE}">',
    "style attribute": f"<div style=\"background:url('{URI}')\">me</div>",
    "style sheet": f"<style>div {{background-image: url({URI})}}</style><div>me</div>",
    "escaped style": "<style>div {background: u\\72l(me.png)}</style><div>me</div>",
    "svg": SVG,
    "svg in base64": f'<object data="data:image/svg+xml;base64,{FACE}"></object>',
    "frame": f'<iframe srcdoc="{NESTED}"></iframe>',
    "nested twice": f'<iframe src="data:text/html;base64,{FACE}"></iframe>',
    "words": f"<pre>{LINES}</pre>",
    "script": "<canvas id='c'></canvas><script>draw(c)</script>",
    "another tag": f"<video poster='{URI}'></video>",
    "an element in an attribute": f"<details title='{NESTED}'>me</details>",
    "a link": f'<a href="{URI}">me</a>',
}  # fmt: skip


def show(data, source="faces", **about):
    output = new_output("display_data", data={"text/plain": "words"} | data)
    return new_code_cell(source, outputs=[output], **about)


def strip(*cells, **metadata):
    notebook = new_notebook(cells=list(cells), metadata=metadata)
    gone = strip_notebook(notebook)
    nbformat.validate(notebook)
    return notebook, gone


def chart(picture=False):
    figure, axis = subplots()
    axis.imshow(np.eye(4)) if picture else axis.plot([1, 2])
    return mime(figure, 'One "line" & no <face>.')


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/svg+xml", "application/pdf"])
def test_a_picture_of_any_kind_goes_and_its_words_stay(kind):
    notebook, gone = strip(show({kind: SVG if "svg" in kind else FACE}))
    assert notebook.cells[0].outputs[0].data == {"text/plain": f"words\n{SENTENCE}"}
    assert gone == {"pictures or widgets": 1}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_could_show_a_picture_goes(name):
    assert shows_picture(PAGES[name])
    notebook, _ = strip(show({"text/html": PAGES[name]}))
    assert notebook.cells[0].outputs[0].data == {"text/plain": f"words\n{SENTENCE}"}


def test_tables_verdicts_and_charts_stay_as_they_are_and_a_chart_with_a_picture_goes():
    table = Table(["name", "share"], [["a < b", 0.5]])._repr_html_()
    verdict = Outcome("correct", "`1 / 40` is right.")._repr_html_()
    record = {"application/vnd.facelib.record+json": {"name": "x", "value": 1, "unit": ""}}
    pages = [{"text/html": f"{chart()['text/html']}{table}"}, {"text/html": verdict}]
    kept = [show(data) for data in (*pages, chart(), record)]
    before = copy.deepcopy(kept)
    notebook, gone = strip(*kept, show(chart(picture=True)))
    assert notebook.cells[:4] == before
    assert gone == {"pictures or widgets": 1}
    assert "image/png" not in notebook.cells[4].outputs[0].data


def test_a_picture_beside_a_chart_is_not_taken_for_it():
    notebook, _ = strip(show(chart() | {"image/png": FACE}))
    assert notebook.cells[0].outputs[0].data.keys() == {"text/plain", "text/html"}


def test_all_that_a_cell_of_real_faces_shows_goes():
    cell = show({"text/html": "<b>Ada</b>"}, metadata={"tags": ["real-faces"]})
    notebook, gone = strip(cell)
    assert [output.text for output in notebook.cells[0].outputs] == [SENTENCE + "\n"]
    assert gone == {"outputs of real faces": 1}


def test_widgets_go_with_their_state():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2}}
    state = {"state": {"1": {"model_name": "ImageModel", "state": {"value": FACE}}}}
    notebook, gone = strip(show(view), widgets={"application/vnd.jupyter.widget-state+json": state})
    assert "widgets" not in notebook.metadata
    assert notebook.cells[0].outputs[0].data.keys() == {"text/plain"}
    assert gone == {"states of widgets": 1, "pictures or widgets": 1}


@pytest.mark.parametrize("words", [FACE, LINES, URI, str(PIXELS * 3), SVG])
def test_a_picture_in_letters_goes_wherever_it_stands(words):
    fault = {"ename": "E", "evalue": words, "traceback": ["above", words]}
    cell = new_code_cell(
        f"face = '''{words}'''",
        outputs=[new_output("stream", text=f"{words}\nend"), new_output("error", **fault)],
    )
    notebook, gone = strip(cell, new_markdown_cell(f"Me: ![me]({words})"))
    left = json.dumps(notebook)
    assert not any(part in left for part in (FACE[:60], str(PIXELS)[100:160]))
    assert left.count(SENTENCE) >= 5 <= gone["pictures in letters"]
    assert notebook.cells[0].outputs[0].text.endswith("end")


def test_an_attachment_goes_and_a_sentence_stands_in_its_place():
    cell = new_markdown_cell(
        "Here ![me](attachment:me.png) I am", attachments={"me.png": {"image/png": FACE}}
    )
    notebook, gone = strip(cell)
    assert notebook.cells[0].source == f"Here {SENTENCE} I am"
    assert "attachments" not in notebook.cells[0]
    assert gone == {"attachments": 1}


@pytest.fixture
def handed_in(tmp_path):
    """Two hand-ins, one of them with a face, and what JupyterLab saved beside them."""
    cells = [show({"image/png": FACE}, metadata={"nbgrader": GRADED}), new_code_cell("x = 1")]
    face = nbformat.writes(new_notebook(cells=cells, metadata={"nbgrader": {"a": 1}}))
    bare = nbformat.writes(new_notebook(cells=[new_code_cell("x = 1")]))
    for name, text in (
        ("ada/00.ipynb", face), ("bo/00.ipynb", bare), ("bo/.ipynb_checkpoints/00.ipynb", face),
    ):  # fmt: skip
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text, "utf-8")
    return tmp_path / "in"


def call(*words):
    return CliRunner().invoke(commands, ["class", "strip", *map(str, words)])


def test_the_command_copies_a_folder_and_leaves_the_originals(handed_in, tmp_path):
    before = (handed_in / "ada" / "00.ipynb").read_bytes()
    out = tmp_path / "out"
    done = call(handed_in, "--out", out)
    assert done.exit_code == 0, done.output
    assert "removed: 1 pictures or widgets" in done.output
    assert "removed: nothing" in done.output
    assert {p.relative_to(out).as_posix() for p in out.rglob("*.ipynb")} == {
        "ada/00.ipynb", "bo/00.ipynb",
    }  # fmt: skip
    assert (handed_in / "ada" / "00.ipynb").read_bytes() == before
    copied = nbformat.read(out / "ada" / "00.ipynb", as_version=4)
    assert FACE not in json.dumps(copied)
    original = nbformat.reads(before.decode(), as_version=4)
    assert copied.metadata == original.metadata
    assert [(c.id, c.source, c.metadata) for c in copied.cells] == [
        (c.id, c.source, c.metadata) for c in original.cells
    ]


def test_without_a_folder_the_copy_lies_beside_and_is_not_copied_again(handed_in):
    assert call(handed_in / "ada" / "00.ipynb").exit_code == 0
    assert FACE not in (handed_in / "ada" / "00.stripped.ipynb").read_text("utf-8")
    again = call(handed_in, *(handed_in / "ada").glob("*.ipynb"))
    assert again.exit_code == 0, again.output
    assert len(list(handed_in.rglob("*.stripped.ipynb"))) == 2


def test_what_is_there_and_differs_is_never_overwritten(handed_in, tmp_path):
    assert call(handed_in, "--out", tmp_path / "out").exit_code == 0
    target = tmp_path / "out" / "ada" / "00.ipynb"
    target.write_text("mine", "utf-8")
    done = call(handed_in, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{target} is there already and differs" in done.output
    assert target.read_text("utf-8") == "mine"
    same = call(handed_in, "--out", handed_in / "ada" / "..")
    assert same.exit_code == 1
    assert FACE in (handed_in / "ada" / "00.ipynb").read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"a": 1}', '{"nbformat": 4, "nbformat_minor": 5}', '{"nbformat": 3}',
     '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
     '{"cells": 1, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "\udcff"],
)  # fmt: skip
def test_a_damaged_notebook_is_named_and_the_others_are_copied(handed_in, tmp_path, text):
    damaged = handed_in / "bo" / "00.ipynb"
    damaged.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = call(handed_in, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{damaged}: not copied: it is no notebook, or damaged" in done.output
    assert "1 of 2 notebooks could not be copied" in done.output
    assert [p.parent.name for p in (tmp_path / "out").rglob("*.ipynb")] == ["ada"]


def test_a_folder_without_notebooks_is_a_fault(tmp_path):
    done = call(tmp_path)
    assert done.exit_code == 1
    assert f"no notebook in {tmp_path}" in done.output
