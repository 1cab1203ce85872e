"""The build: a source becomes a notebook that may be stored, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from facecourse.learn import read_source
from notebooks import build

TRACEBACK = "Traceback (most recent call last)\nKeyError: 3"
CHECKED = ["nbval-check-output"]
EXERCISE = SimpleNamespace(name="sum", starter="answer = ____", answer=r"answer = {'\1'}")


def code(source="1", *outputs, tags=()):
    return new_code_cell(
        source, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {}
    )


def notebook(*cells):
    return build.clean(new_notebook(cells=list(cells)))


def stream(words, name="stdout"):
    return new_output("stream", name=name, text=words)


def page(html):
    return new_output("display_data", {"text/html": html})


def failure():
    return new_output("error", ename="ValueError", evalue="no", traceback=["File /home/me/x.py"])


def callback(*outputs):
    """The metadata of a notebook with one Output widget that shows `outputs`."""
    widget = {"model_name": "OutputModel", "state": {"outputs": list(outputs)}}
    return {"application/vnd.jupyter.widget-state+json": {"state": {"1": widget}}}


def write(path: Path, *cells: str) -> Path:
    path.write_text("\n\n".join(cells) + "\n", "utf-8")
    return path


def test_a_source_gives_the_same_cells_each_time_and_a_new_one_leaves_the_ids_of_the_others(
    tmp_path,
):
    sources = "# %% [markdown]\n# # Tiny", '# %% tags=["parameters"]\na = 1', *["# %%\n1 + 1"] * 2
    path = write(tmp_path / "00_tiny.py", *sources)
    first, again = read_source(path), read_source(path)
    assert first == again
    nbformat.validate(first)
    assert [cell.source for cell in first.cells] == ["# Tiny", "a = 1", "1 + 1", "1 + 1"]
    assert build.tags(first.cells[1]) == {"parameters"}
    assert len({cell.id for cell in first.cells}) == 4
    longer = read_source(write(path, "# %%\nnew = 0", *sources))
    assert [cell.id for cell in longer.cells[1:]] == [cell.id for cell in first.cells]


def test_sources_are_found_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path)
    (tmp_path / "src" / "zh").mkdir(parents=True)
    for name in ("01_b.py", "00_a.py", "notes.py", "zh/00_a.py"):
        write(tmp_path / "src" / name, "")
    assert [path.name for path in build.sources()] == ["00_a.py", "01_b.py"]
    assert [path.name for path in build.sources(["01"])] == ["01_b.py"]
    assert build.stored(tmp_path / "src" / "01_b.py") == tmp_path / "01_b.ipynb"
    (chinese,) = build.sources(["zh/00"])
    assert build.stored(chinese) == tmp_path / "zh" / "00_a.ipynb"
    assert build.sources(build.EDITIONS) == [*build.sources(), chinese]
    with pytest.raises(ValueError, match="no lesson 7"):
        build.sources(["7"])


def test_solved_replaces_the_starter_and_nothing_else():
    cell = "import it\n\nanswer = ____\nit.check(answer)"
    lesson = notebook(code("answer = ____"), code(cell, tags=["exercise"]), new_markdown_cell("hm"))
    edition = build.solved(lesson, [EXERCISE])
    assert edition.cells[1].source == "import it\n\nanswer = {'\\1'}\nit.check(answer)"
    assert [edition.cells[0], edition.cells[2]] == [lesson.cells[0], lesson.cells[2]]
    assert lesson.cells[1].source == cell


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["my_answer = ____"], "'sum' needs one cell .* 0 do"),
        (["answer = ____", "answer = ____"], "'sum' needs one cell .* 2 do"),
        (["answer = ____", "other = ____"], "holds no starter:\nother = ____"),
    ],
)
def test_solved_refuses_cells_and_exercises_that_do_not_match(sources, message):
    with pytest.raises(ValueError, match=message):
        build.solved(notebook(*[code(cell, tags=["exercise"]) for cell in sources]), [EXERCISE])


def test_clean_removes_faces_widgets_and_times_and_keeps_a_widgets_page():
    view = {build.WIDGET: {"model_id": "1"}, "text/plain": "interactive"}
    words = {"text/html": "<p>2 + 3?</p>", "text/plain": "2 + 3?"}
    cells = [
        code("faces", page("<img>"), tags=["real-faces"]),
        code("paths", stream("/usr/bin/python"), tags=["this-machine"]),
        code("slider", new_output("display_data", view), stream("kept")),
        code("still", new_output("display_data", view | words)),
        new_markdown_cell("text"),
    ]
    cells[0].metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    papermill = {"widgets": {build.WIDGET: {"state": {}}}, "papermill": {"duration": 1}}
    dirty = new_notebook(cells=cells, metadata=papermill)
    tidy = build.clean(dirty)
    shown = [cell.get("outputs", []) for cell in tidy.cells]
    assert shown == [[], [], [stream("kept")], [new_output("display_data", words)], []]
    assert tidy.metadata == build.METADATA
    assert "execution" not in tidy.cells[0].metadata
    assert build.problems(tidy) == []
    assert "it holds outputs or metadata that clean() removes" in build.problems(dirty)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (code("1", stream("careful", "stderr")), "cell 0 warns: careful"),
        (code("1", stream("/home/me/faces")), "an absolute path"),
        (code("1", stream(f"[{Path.cwd()}]")), "an absolute path"),
        (code("1", stream(r"C:\Users\me")), "an absolute path"),
        (code("1", page("lib/python3.11/site-packages/torch")), "an absolute path"),
        (code("1", stream("<Axes at 0x7f0011223344>")), "an object's address"),
        (code("1", failure()), "shows an error: ValueError: no"),
        (code("1", stream(TRACEBACK)), "shows an error: KeyError: 3"),
        (code("1", page("A" * build.LARGEST)), "more than 2,000,000"),
        (code("1", tags=CHECKED), "cell 0 is checked, but stores no output"),
        (code("1", stream("0.993"), tags=CHECKED), "but shows a measured number: 0.993"),
    ],
)
def test_what_must_not_be_stored_is_named(cell, problem):
    assert any(problem in found for found in build.problems(notebook(cell)))


def test_what_may_be_stored_is_let_through():
    picture = new_output("display_data", {"image/png": "/tmp/x", "text/plain": "<Figure>"})
    inline = page('<img src="data:image/png;base64,iVBO/tmp/x/home/me+A==" alt="a face">')
    link = page('<a href="https://example.org/home/me">and/or</a> 1/2, ../shared, facelib/data')
    checked = code("1", stream("40 people"), tags=CHECKED)
    assert build.problems(notebook(code("1", picture, inline, link), checked)) == []


def test_an_error_inside_a_widget_is_found():
    page = {"model_name": "HTMLModel", "state": {"value": f"<pre>{TRACEBACK}</pre>"}}
    states = callback(failure()), callback(stream("fine")), {build.WIDGET: {"state": {"1": page}}}
    lessons = [new_notebook(cells=[code("f")], metadata={"widgets": state}) for state in states]
    assert list(map(build.hidden_errors, lessons)) == [
        ["a OutputModel widget shows an error: ValueError: no"],
        [],
        ["a HTMLModel widget shows an error: KeyError: 3"],
    ]


@pytest.mark.notebook
def test_build_stores_a_clean_notebook_twice_the_same_and_keeps_it_when_a_build_fails(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path)
    source = tmp_path / "src" / "00_tiny.py"
    source.parent.mkdir()
    setup = "# %%\nimport os\nimport sys\n\nimport ipywidgets\n\nos.environ['FACELIB_PROFILE']"
    widget = '# %% tags=["this-machine"]\nprint(sys.executable)\nipywidgets.IntSlider()'
    write(source, setup, widget)
    target = build.build(source)
    first = target.read_bytes()
    lesson = nbformat.reads(first.decode(), as_version=4)
    assert lesson.cells[0].outputs[0].data["text/plain"] == "'quick'"
    assert lesson.cells[1].outputs == []
    assert b"\r\n" not in first
    assert build.build(source).read_bytes() == first

    write(source, setup, "# %%\nimport warnings\n\nwarnings.warn('old', stacklevel=1)")
    with pytest.raises(ValueError, match="is not stored:\n  cell 1"):
        build.build(source)
    assert target.read_bytes() == first


def test_a_notebook_that_shows_older_evidence_or_an_older_board_is_named(tmp_path, monkeypatch):
    board, found = tmp_path / "scoreboard.json", tmp_path / "lesson01_x" / "evidence.json"
    found.parent.mkdir()
    board.write_text('{"rows": []}')
    found.write_text('{"date": "today", "top-1": 0.9}')
    monkeypatch.setattr(build.evidence, "COURSE", tmp_path)
    monkeypatch.setattr(build.evidence, "BOARD", board)
    lesson = notebook(code('draw(evidence.load("01"))'), code("Scoreboard.load(evidence.BOARD)"))
    lesson.metadata.evidence = build.evidence_of(lesson)
    assert list(lesson.metadata.evidence) == ["lesson01_x/evidence.json", "scoreboard.json"]
    found.write_text('{"date": "tomorrow", "top-1": 0.9}')
    assert build.problems(lesson) == []
    board.write_text('{"rows": [1]}')
    assert build.problems(lesson) == ["it shows an older scoreboard.json: build it again"]
    found.write_text('{"date": "today", "top-1": 0.8}')
    assert len(build.problems(lesson)) == 2


def test_a_build_never_overwrites_an_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path)
    (tmp_path / "src").mkdir()
    source = write(tmp_path / "src" / "00_tiny.py", "# %%\nanswer = ____", "# %%\n1 + 1")
    lesson, target = read_source(source), build.stored(source)
    lesson.cells[1].outputs = [stream("2")]
    nbformat.write(lesson, target)
    assert build.edited(target) == []  # only run, not answered
    lesson.cells[0].source = "answer = 3"
    nbformat.write(lesson, target)
    before = target.read_bytes()
    with pytest.raises(FileExistsError, match=r"in cells \[0\]: answers, perhaps. Move it"):
        build.build(source)
    assert target.read_bytes() == before
