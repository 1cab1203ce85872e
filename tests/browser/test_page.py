"""The web page that compares two faces: by mouse, finger and keyboard, and what it never does."""

# ruff: noqa: RUF001 - the page writes sizes with a multiplication sign

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from facelib.door.align import POINTS
from facelib.door.recogniser import COMPACT, Recogniser
from facelib.door.thresholds import look_up
from tests.browser.conftest import build_page
from tests.browser.visitor import PATIENCE, Visitor, save, served

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = {"laptop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Iterator[str]:
    """The address of the page as it is built to be hosted."""
    folder = tmp_path_factory.mktemp("plain")
    build_page(folder)
    assert not [*folder.rglob("*mtcnn*")]
    with served(folder) as (address, _):
        yield address


def test_the_thresholds_are_those_of_the_library(visit):
    visitor = visit()
    assert visitor.number("threshold") == pytest.approx(THRESHOLDS[0.01], abs=5e-4)
    for rate, threshold in THRESHOLDS.items():
        visitor.page.get_by_label("strangers who pass").select_option(f"1 in {1 / rate:,.0f}")
        assert visitor.number("threshold") == pytest.approx(threshold, abs=5e-4)
    expect(visitor.page.locator(".meaning")).to_have_text(re.compile("Of 3,000 pairs .* pass"))


@pytest.mark.parametrize("content", [b"", b"no model", COMPACT.read_bytes()])
def test_another_file_in_the_models_place_is_refused(chromium, host, tmp_path, content):
    shutil.copytree(host[1], tmp_path / "page")
    (tmp_path / "page" / "model.onnx").write_bytes(content)
    with served(tmp_path / "page") as (address, _):
        page = chromium.new_page()
        page.goto(address)
        said = page.locator(".said")
        expect(said).to_contain_text("model.onnx has the SHA-256", timeout=PATIENCE)
        expect(said).to_contain_text("build the page anew")
        expect(page.locator("[data-number=score]")).to_be_hidden()
        page.close()


def elsewhere(visitor: Visitor) -> list[str]:
    """What the page asked another origin for."""
    origin = urlsplit(visitor.address).netloc
    return [url for url in visitor.requested if urlsplit(url).netloc not in (origin, "")]


THRESHOLDS = {far: look_up(Recogniser().sha256, far).threshold for far in (0.1, 0.01, 0.001)}
FOCUSED = """(({ ariaLabel, labels, innerText }) =>
    ariaLabel ?? labels?.[0]?.innerText ?? innerText)(document.activeElement)"""
FETCH = "url => fetch(url, { mode: 'no-cors' }).then(() => 'fetched', (error) => error.name)"


def test_nothing_leaves_the_page_in_a_whole_use(visit, people, tmp_path):
    visitor = visit(permissions=["camera"])
    visitor.choose(0, save(people[0], tmp_path / "own.png"), as_is=False)
    visitor.eye(0, "left").press("ArrowDown")
    visitor.page.locator(".rate select").select_option(index=1)
    visitor.faces[1].get_by_role("button", name="Camera").click()
    shoot = visitor.page.get_by_role("button", name="Take the picture")
    visitor.changed(1, shoot.click)
    visitor.page.get_by_role("button", name="one and another").click()
    assert visitor.number("score") < visitor.number("threshold")
    assert elsewhere(visitor) == []
    assert visitor.page.evaluate("[document.cookie, localStorage.length, crossOriginIsolated]") == [
        "", 0, False,
    ]  # fmt: skip


def test_what_would_leave_is_refused_and_without_the_policy_it_would_be_seen(visit, host, tmp_path):
    address, folder = host
    page = (folder / "index.html").read_text("utf-8")
    (folder / "open.html").write_text(re.sub("<meta http-equiv.*?>", "", page), "utf-8")
    with served(tmp_path) as (other, asked):
        visitor = visit()
        assert visitor.page.evaluate(FETCH, f"{other}?stolen") == "TypeError"
        assert asked == []
        assert "Content Security Policy" in " ".join(visitor.faults)
        visitor.faults.clear()
        visitor.page.goto(f"{address}open.html")
        assert visitor.page.evaluate(FETCH, f"{other}?stolen") == "fetched"
        assert asked == ["/?stolen"]
        assert elsewhere(visitor) == [f"{other}?stolen"]


def test_a_shot_stops_the_camera_and_so_does_cancelling(visit):
    visitor = visit(permissions=["camera"])
    button = visitor.faces[0].get_by_role("button", name="Camera")
    shoot = visitor.page.get_by_role("button", name="Take the picture")
    cancel = visitor.page.get_by_role("button", name="Cancel")
    before = visitor.number("score")
    for leave in (cancel.click, lambda: visitor.page.keyboard.press("Escape"), shoot.click):
        assert visitor.number("score") == before
        button.click()
        expect(shoot).to_be_focused()
        expect(visitor.page.locator("video")).to_have_js_property("readyState", 4)
        leave()
        expect(visitor.page.locator("video")).to_have_js_property("srcObject", None)
        expect(visitor.page.get_by_role("dialog")).to_be_hidden()
        states = "streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))"
        assert set(visitor.page.evaluate(states)) == {"ended"}
    expect(visitor.faces[0].locator(".note")).to_have_text(re.compile("kept in memory only"))
    assert visitor.number("score") != before


def test_a_refused_camera_says_what_to_do(visit):
    visitor = visit()
    button = visitor.faces[0].get_by_role("button", name="Camera")
    note = visitor.changed(0, button.click)
    assert note.startswith("The camera was refused: allow it")
    expect(visitor.page.get_by_role("dialog")).to_be_hidden()


def test_the_marks_follow_mouse_and_finger(visit, people, tmp_path):
    visitor = visit(has_touch=True)
    visitor.choose(0, save(people[0], tmp_path / "own.png"), as_is=False)
    touch = visitor.page.context.new_cdp_session(visitor.page)

    def drag_by_mouse(x: float, y: float) -> None:
        visitor.page.mouse.move(x, y)
        visitor.page.mouse.down()
        visitor.page.mouse.move(x + 30, y + 20, steps=3)
        visitor.page.mouse.up()

    def drag_by_finger(x: float, y: float) -> None:
        for kind, points in (
            ("touchStart", [{"x": x, "y": y}]),
            ("touchMove", [{"x": x + 30, "y": y + 20}]),
            ("touchEnd", []),
        ):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for drag in (drag_by_mouse, drag_by_finger):
        before, box = visitor.number("score"), visitor.eye(0, "left").bounding_box()
        drag(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        after = visitor.eye(0, "left").bounding_box()
        assert (after["x"] - box["x"], after["y"] - box["y"]) == pytest.approx((30, 20), abs=1)
        assert visitor.number("score") != before


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_without_a_detector_the_eyes_are_clicked(visit, plain, people, tmp_path, order):
    visitor = visit()
    visitor.requested.clear()
    visitor.go(plain)
    assert not [url for url in visitor.requested if "mtcnn" in url], "nothing of a detector"
    expect(visitor.page.locator("footer")).not_to_contain_text("MTCNN")
    photo = Image.new("RGB", (640, 480), (90, 110, 120))
    photo.paste(people[0].resize((260, 260), Image.Resampling.BICUBIC), (330, 60))
    note = visitor.choose(0, save(photo, tmp_path / "photo.png"), as_is=False)
    assert note == "PNG, 640 × 480 pixels. Now click the two eyes."
    visitor.choose(1, save(people[0], tmp_path / "crop.png"))
    before, eyes = visitor.number("score"), dict(zip(("left", "right"), POINTS, strict=False))
    shown = visitor.faces[0].locator(".photo")
    for side in order:
        x, y = np.array([330, 60]) + 260 * eyes[side]
        box = shown.bounding_box()
        place = {"x": x / 640 * box["width"], "y": y / 480 * box["height"]}
        shown.click(position=place)
    for side, eye in eyes.items():
        said = visitor.eye(0, side).get_attribute("aria-valuetext")
        assert [*map(int, re.findall(r"\d+", said))] == pytest.approx([330, 60] + 260 * eye, abs=2)
    assert before < 0.9 < visitor.number("score")


def test_a_keyboard_is_enough(visit, people, tmp_path):
    visitor = visit()
    # The browser lends its file dialogs some time after it is asked for them: not at the key.
    visitor.page.on("filechooser", lambda _: None)
    keyboard, seen = visitor.page.keyboard, []
    for _ in range(15):
        keyboard.press("Tab")
        seen.append(visitor.page.evaluate(FOCUSED).strip())
    face = ["The eye on the left", "The eye on the right", "Choose", "Camera", "as it is"]
    assert seen[:5] == face
    assert seen.count("Camera") == 2
    assert {"one twice", "one and another"} <= set(seen)

    eye = visitor.eye(0, "right")
    before, place = visitor.number("score"), eye.get_attribute("aria-valuetext")
    eye.focus()
    for key in ("ArrowDown", "Shift+ArrowRight"):
        keyboard.press(key)
    assert eye.get_attribute("aria-valuetext") != place
    assert visitor.number("score") != before
    keyboard.press("Shift+Tab")
    keyboard.press("Tab")
    ring = eye.evaluate("eye => getComputedStyle(eye).outlineStyle")
    assert ring == "solid"

    visitor.faces[0].locator("[type=file]").focus()
    with visitor.page.expect_file_chooser() as chooser:
        keyboard.press("Enter")
    file = save(people[0], tmp_path / "own.png")
    note = visitor.changed(0, lambda: chooser.value.set_files(file))
    assert note == "PNG, 112 × 112 pixels."
    expect(visitor.page.locator("[data-aloud]")).to_have_text(re.compile("says the network. Score"))


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(visit, screen, scheme, tmp_path):
    settings = {"color_scheme": scheme, "viewport": SCREENS[screen], "bypass_csp": True}
    visitor = visit(**settings, permissions=["camera"], reduced_motion="reduce")
    page = visitor.page
    size = page.evaluate("[document.body.scrollWidth, document.body.scrollHeight]")
    assert size[0] <= SCREENS[screen]["width"]
    assert size[1] <= SCREENS[screen]["height"], "it fits one screen"
    folder = Path(os.environ.get("FACELIB_SCREENSHOTS") or tmp_path)
    page.screenshot(path=folder / f"page_{screen}_{scheme}.png")
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then((found) => found.violations)")
    visitor.faces[0].get_by_role("button", name="Camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_focused()
    found += page.evaluate("axe.run().then((found) => found.violations)")
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    visitor.eye(0, "left").evaluate("eye => eye.removeAttribute('aria-label')")
    found = page.evaluate("axe.run().then((found) => found.violations)")
    assert [fault["id"] for fault in found] == ["aria-input-field-name"], "axe sees what is wrong"
