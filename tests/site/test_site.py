"""The site: all of the course is there as it was stored, and a page fetches nothing."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from playwright.sync_api import Page, expect

pytest.importorskip("myst_nb", reason="requirements/site.txt is not installed")
pytest.importorskip("sphinx_book_theme", reason="requirements/site.txt is not installed")

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
COMMAND = ("build_site.py", "--slides", "--door")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SCREENS = {"laptop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
READ = ["index", "notebooks/06_distillation", "docs/references", "docs/api/training"]


class Tags(HTMLParser):
    """The tags of a page, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[str, list]:
    """The tags of every page but the door's, which has tests of its own: {place: tags}."""
    files = (file for file in built.rglob("*.html") if not {"_static", "door"} & {*file.parts})
    return {
        file.relative_to(built).as_posix(): Tags(file.read_text("utf-8")).found for file in files
    }


def test_a_lesson_stands_there_with_all_it_stored(built):
    assert len(LESSONS) == 13
    for lesson in LESSONS:
        page = (built / "notebooks" / f"{lesson.stem}.html").read_text("utf-8")
        notebook = nbformat.read(lesson, as_version=4)
        outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
        shown = [out.data["text/html"] for out in outputs if "text/html" in out.get("data", {})]
        assert shown
        for output in shown:
            assert "".join(output.split()) in "".join(page.split())
        assert page.count("cell_input") >= sum(cell.cell_type == "code" for cell in notebook.cells)


def test_whatever_stands_beside_the_lessons_is_there_too(built, pages):
    others = ["docs/references", "LICENSES", "facelib/models/weights/README", "docs/api/door"]
    found = [*ROOT.glob("docs/teaching/*.md"), *ROOT.glob("docs/glossary.md")]
    others += [file.relative_to(ROOT).with_suffix("").as_posix() for file in found]
    index = [attributes.get("href") for tag, attributes in pages["index.html"] if tag == "a"]
    for name in others:
        assert f"{name}.html" in pages
        assert f"{name}.html" in index or name.startswith("docs/api")
    assert {"door/index.html", "slides/index.html"} <= set(index)
    public = (built / "docs" / "api" / "measure.html").read_text("utf-8")
    for name in (
        "measure.verify_all",
        "measure.Verification.tar_at",
        "measure.groups.tar_by_person",
    ):
        assert f'id="facelib.{name}"' in public


def test_every_picture_says_in_words_what_it_shows(pages):
    pictures = [(name, at) for name, tags in pages.items() for tag, at in tags if tag == "img"]
    assert len(pictures) > 90
    assert [name for name, attributes in pictures if not attributes.get("alt")] == []


def test_no_link_within_the_site_is_dead(built, pages):
    names = {name: {at["id"] for _, at in tags if "id" in at} for name, tags in pages.items()}
    checked, dead = 0, []
    for name, tags in pages.items():
        for tag, attributes in tags:
            link = attributes.get("href") or attributes.get("src") or ""
            if urlsplit(link).scheme or tag == "base" or link in ("", "#"):
                continue
            address = urlsplit(link)
            path, fragment = unquote(address.path), unquote(address.fragment)
            target = (built / name).parent / path if path else built / name
            place = Path(os.path.normpath(target)).relative_to(built).as_posix()
            checked += 1
            if not target.is_file() or (fragment and fragment not in names.get(place, fragment)):
                dead.append((name, link))
    assert checked > 1000
    assert dead == []


def test_no_page_is_made_of_anything_elsewhere(pages):
    loading = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
    loaded = [
        (name, attributes.get(loading[tag]) or "")
        for name, tags in pages.items()
        for tag, attributes in tags
        if tag in loading
    ]
    assert [pair for pair in loaded if urlsplit(pair[1]).scheme.startswith("http")] == []


@pytest.mark.parametrize("repository", ["", "https://github.com/somebody/course"])
def test_lessons_open_elsewhere_once_the_course_has_an_address(
    built, repository, tmp_path, monkeypatch
):
    from sphinx.cmd.build import build_main

    monkeypatch.setenv("COURSE_REPOSITORY", repository)
    stage, out = tmp_path / "stage", tmp_path / "out"
    (stage / "notebooks").mkdir(parents=True)
    (stage / "index.md").write_text("# A course\n\n```{toctree}\n/notebooks/00\n```\n")
    cells = [nbformat.v4.new_markdown_cell("# A lesson")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), stage / "notebooks" / "00.ipynb")
    assert build_main(["-q", "-W", "-c", str(ROOT / "docs"), str(stage), str(out)]) == 0
    tags = Tags((out / "notebooks" / "00.html").read_text("utf-8")).found
    links = {attributes.get("href") for tag, attributes in tags if tag == "a"}
    path = "somebody/course"
    wanted = {
        f"https://colab.research.google.com/github/{path}/blob/main/notebooks/00.ipynb",
        f"https://mybinder.org/v2/gh/{path}/main?urlpath=lab/tree/notebooks/00.ipynb",
    }
    assert links & wanted == (wanted if repository else set())
    assert repository or not [link for link in links if link and "colab" in link]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem[:2])
def test_formulas_and_stills_show_and_nothing_leaves(read, lesson):
    page = read(f"notebooks/{lesson.stem}.html")
    formulas = page.locator(".math")
    if formulas.count():
        expect(page.locator("mjx-container")).to_have_count(formulas.count())
    assert page.locator("[data-mjx-error]").count() == 0
    sizes = page.locator("article img").evaluate_all(
        "pictures => pictures.map(picture => picture.naturalWidth)"
    )
    assert sizes
    assert min(sizes) > 10


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(read, name, scheme, tmp_path):
    folder = Path(os.environ.get("FACELIB_SCREENSHOTS") or tmp_path)
    for screen, size in SCREENS.items():
        page = read(f"{name}.html", color_scheme=scheme, viewport=size, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        if page.locator(".math").count():
            expect(page.locator("mjx-container").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.screenshot(path=folder / f"site_{name.replace('/', '_')}_{screen}_{scheme}.png")
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in grave_faults(page)] == []


def test_axe_sees_what_is_wrong(read):
    page = read("docs/references.html")
    page.locator("html").evaluate("html => html.removeAttribute('lang')")
    assert "html-has-lang" in [fault["id"] for fault in grave_faults(page)]


def grave_faults(page: Page) -> list[dict]:
    """What axe calls serious or critical."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then((found) => found.violations)")
    return [fault for fault in found if fault["impact"] in ("serious", "critical")]


def test_the_search_finds_words_of_lessons_and_of_the_library(read):
    page = read("search.html?q=temperature")
    expect(page.locator("#search-results")).to_contain_text("06 · Distillation")
    expect(page.locator("#search-results")).to_contain_text("facelib.compress")


def test_the_front_page_leads_to_the_door_and_to_slides(read):
    page = read("index.html")
    page.get_by_role("link", name="Slides").click()
    page.get_by_role("link", name="05 · Face embeddings").click()
    expect(page.get_by_role("heading", name="05 · Face embeddings")).to_be_in_viewport()
    page = read("index.html")
    page.get_by_role("link", name="A door to try").click()
    expect(page.locator("body[data-verdict]")).to_be_visible()
