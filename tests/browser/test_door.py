"""The door to try, as a visitor meets it in JupyterLab: by camera, by upload and by keyboard."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import Locator, expect

from facecourse.learn import METADATA
from tests.browser.driver import PATIENCE, Lesson

pytestmark = pytest.mark.browser

CELL = "from facecourse.lesson12_capstone.live import open_door\n\nopen_door()"


@pytest.fixture(scope="module")
def lesson(open_lesson) -> Lesson:
    cell = new_code_cell(CELL)
    lesson = open_lesson(new_notebook(cells=[cell], metadata=METADATA), "door")
    lesson.run_all()
    expect(lesson.page.get_by_role("button", name="Camera to enrol")).to_be_visible()
    return lesson


@pytest.fixture
def page(lesson):
    yield lesson.page
    assert lesson.faults() == []


def press(page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def trouble(page) -> Locator:
    return page.locator(".door .trouble").first


def test_a_refused_camera_is_a_message_that_says_what_to_do(page):
    press(page, "Camera to enrol")
    expect(trouble(page)).to_contain_text("Allow it", timeout=PATIENCE)


def test_a_frame_without_a_face_is_a_message_and_the_camera_is_off_again(page):
    page.context.grant_permissions(["camera"])
    page.evaluate("""() => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async wanted => window.lent = await ask(wanted);
    }""")
    press(page, "Camera to enrol")
    expect(trouble(page)).to_contain_text("No face was found", timeout=PATIENCE)
    assert page.evaluate("lent.getTracks().map(track => track.readyState)") == ["ended"]


def test_two_people_who_do_not_exist_are_enrolled_and_one_is_known(page, lesson):
    press(page, "Use two people who don't exist")
    verdict = page.locator(".door .verdict p[role=status]")
    expect(verdict).to_contain_text("✔ nobody 2", timeout=PATIENCE)
    page.get_by_role("button", name="teacher", exact=True).click()
    expect(page.locator(".door .verdict")).to_contain_text("embed it by teacher", timeout=PATIENCE)
    expect(verdict).to_contain_text("✔ nobody 2")
    images = page.locator(".door img").all()
    assert len(images) == 7
    assert all(len(image.get_attribute("alt").split()) >= 3 for image in images)


def test_a_covered_face_is_not_found_once_the_slider_is_moved_by_keyboard(page):
    fooled = page.locator(".door .fooled")
    expect(fooled).to_contain_text("✔ nobody 2")
    page.locator(".widget-slider", has_text="Cover").get_by_role("slider").press("End")
    expect(fooled.locator(".trouble")).to_contain_text("No face was found", timeout=PATIENCE)
    press(page, "All to 0")
    expect(fooled).to_contain_text("✔ nobody 2", timeout=PATIENCE)


def test_what_is_no_photograph_is_a_message(page):
    file = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}
    with page.expect_file_chooser() as chosen:
        press(page, "Photograph to enrol")
    chosen.value.set_files(file)
    expect(trouble(page)).to_contain_text("notes.png: its content is not", timeout=PATIENCE)


def test_what_jupyter_would_drop_is_shrunk_or_refused_by_the_browser(page):
    noise = np.random.default_rng(0).integers(0, 256, (1800, 1800, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "BMP")
    assert file.tell() > 9e6
    both = [file.getvalue(), bytes(9_000_000)]
    files = [{"name": f"{n}.bmp", "mimeType": "", "buffer": one} for n, one in enumerate(both)]
    page.locator(".door input[type=file]").first.set_input_files(files)
    troubles = page.locator(".door .trouble")
    expect(troubles).to_have_count(2, timeout=PATIENCE)
    expect(troubles.first).to_contain_text("0.bmp: No face was found")
    expect(troubles.last).to_contain_text("1.bmp: over 8 MB")


def test_no_face_is_in_the_saved_notebook(page, lesson):
    lesson.screenshot(Path(os.environ.get("FACELIB_SCREENSHOTS") or lesson.lab.folder) / "door.png")
    page.keyboard.press("Control+s")
    saved = lesson.lab.folder / lesson.name
    assert lesson._until(lambda: '"execution_count": 1' in saved.read_text("utf-8"), PATIENCE)
    assert "base64" not in saved.read_text("utf-8")
    assert "nobody" not in saved.read_text("utf-8")


def test_nothing_was_asked_from_the_network(lesson):
    assert lesson.requests_elsewhere() == set()
