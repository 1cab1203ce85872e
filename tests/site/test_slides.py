"""The slides: every lesson has some, each fits, and they need no network."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
COMMAND = ("build_slides.py",)
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SLIDE = {"width": 1280, "height": 720}
SIZE = """async () => {
    const slide = Reveal.getCurrentSlide();
    await Promise.all([...slide.querySelectorAll("img")].map((picture) => picture.decode()));
    return [slide.scrollWidth, slide.scrollHeight];
}"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem[:2])
def test_every_slide_of_a_lesson_fits_and_a_key_leads_to_the_next(read, lesson):
    page = start(read, lesson)
    title = nbformat.read(lesson, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
    heading = page.get_by_role("heading", name=title, exact=True)
    expect(heading).to_be_in_viewport()
    shown, too_large = 1, []
    while not page.evaluate("Reveal.isLastSlide()"):
        place = page.evaluate("Reveal.getIndices()")
        page.keyboard.press("Space")
        assert page.evaluate("Reveal.getIndices()") != place
        width, height = page.evaluate(SIZE)
        shown += 1
        if width > SLIDE["width"] or height > SLIDE["height"]:
            too_large.append((place, width, height))
    assert too_large == []
    assert 15 <= shown <= 45
    expect(heading).not_to_be_in_viewport()


def start(read, lesson: Path) -> Page:
    page = read(f"{lesson.stem}.html", viewport=SLIDE)
    page.wait_for_function("window.Reveal?.isReady()")
    return page


def test_figures_claims_and_exercises_are_kept_and_the_rest_is_in_the_notes(read):
    page = start(read, LESSONS[6])
    notebook = nbformat.read(LESSONS[6], as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    pages = [out for cell in notebook.cells for out in cell.get("outputs", ()) if "data" in out]
    figures = [out for out in pages if "<img" in out.data.get("text/html", "")]
    slides = page.locator(".slides section section:not(:has(section))")
    assert page.locator(".slides img[alt]").count() == len(figures) > 5
    assert slides.filter(has_text=re.compile("Claim")).count() == text.count("**Claim**") > 0
    exercises = len(re.findall(r"^\*\*Exercise \d\.\*\*", text, re.MULTILINE))
    assert slides.filter(has_text=re.compile(r"Exercise \d\.")).count() == exercises > 3
    words = " ".join(page.locator(".slides").text_content().split())
    for sentence in re.findall(r"^[A-Z][\w ,]+\.", text, re.MULTILINE):
        assert sentence in words
    assert page.locator("aside.notes").count() > 5
    assert page.locator("[data-mjx-error]").count() == 0


def test_the_list_of_slides_leads_to_each_lesson(read):
    page = read("index.html")
    links = page.get_by_role("link").evaluate_all("links => links.map((link) => link.href)")
    assert [link.rpartition("/")[2] for link in links] == [f"{one.stem}.html" for one in LESSONS]
