"""The web page that compares two faces, as a visitor with a mouse, a finger or a keyboard uses it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, expect

from facelib import data, models, synth
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = {"laptop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """An address at which `python -m http.server` shows a folder, and the paths asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """The page as the command builds it, below the root of a plain host."""
    if shutil.which("npm") is None:
        pytest.skip("npm was not found")
    folder = tmp_path_factory.mktemp("host")
    command = [sys.executable, "tools/build_page.py", "--out", folder / "some" / "where"]
    subprocess.run(command, cwd=ROOT, check=True)
    with served(folder) as (address, _):
        yield f"{address}some/where/"


@pytest.fixture
def visit(chromium: Browser, site: str) -> Iterator[Callable[..., Visitor]]:
    """Open the page in a context of its own; at the end nothing has gone wrong there."""
    opened: list[Visitor] = []

    def open_page(address: str = site, **settings) -> Visitor:
        page = chromium.new_context(**settings).new_page()
        opened.append(Visitor(page, address))
        return opened[-1]

    yield open_page
    for visitor in opened:
        visitor.page.context.close()
        assert visitor.faults == []


@pytest.fixture(scope="module")
def people() -> list[Image.Image]:
    """Two faces of nobody."""
    faces = synth.synth(2, 1, seed=9, size=112, channels=3).images
    return [Image.fromarray(face.permute(1, 2, 0).numpy()) for face in faces]


def cosine(*files: Path) -> float:
    """The score that the library gives two picture files."""
    codes = []
    for file in files:
        image = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)[None]
        grey = data.resize(data.to_square(data.to_grey(image)), 64, 64)
        codes.append(models.embed(models.face_compact(), grey)[0])
    return float(codes[0] @ codes[1])


def save(image: Image.Image, file: Path, **settings) -> Path:
    image.save(file, **settings)
    return file


def test_the_score_is_that_of_the_library_for_two_files(visit, people, tmp_path):
    visitor = visit()
    shapes = [((112, 112), "png"), ((300, 371), "jpg"), ((400, 260), "webp"), ((90, 90), "bmp")]
    for n, (shape, ending) in enumerate(shapes):
        files = [
            save(people[0].resize(shape, Image.Resampling.BICUBIC), tmp_path / f"{n}.{ending}"),
            save(people[1], tmp_path / "other.png"),
        ]
        for which, file in enumerate(files):
            visitor.choose(which, file)
        assert visitor.number("score") == pytest.approx(cosine(*files), abs=1e-3)


def test_a_face_that_is_cut_already_needs_no_marks(visit, people, tmp_path):
    visitor = visit()
    files = [save(face, tmp_path / f"{n}.png") for n, face in enumerate(people)]
    for which, file in enumerate(files):
        visitor.choose(which, file, as_is=False)
    assert visitor.number("score") == pytest.approx(cosine(*files), abs=1e-3)


@pytest.mark.parametrize("shape", [(64, 64), (128, 128), (301, 299), (40, 777), (1000, 33)])
def test_pictures_shrink_as_in_pillow(visit, shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape[::-1], 4), np.uint8)
    script = """(pixels, width, height, data) => {
        const grey = pixels.toGrey({ width, height, data });
        return [grey, pixels.resize(grey, 64, 48)].map((image) => [...image.data]);
    }"""
    grey, small = visit().run(script, *shape, noise.ravel().tolist())
    wanted = Image.fromarray(noise[..., :3]).convert("L")
    assert grey == np.asarray(wanted).ravel().tolist()
    wanted = wanted.convert("F").resize((64, 48), Image.Resampling.BILINEAR)
    assert small == np.rint(wanted).ravel().tolist()


def test_the_cut_brings_the_eyes_where_they_belong_and_repeats_the_edge(visit):
    eyes, places = np.array([[120.0, 90.0], [150.0, 130.0]]), np.array([[38.0, 52.0], [74.0, 52.0]])
    down, across = np.mgrid[:200, :240] + 0.5
    for scale in (1, 3):
        spots = [np.hypot(across - x, down - y) < 6 for x, y in eyes]
        picture = np.where(np.logical_or(*spots), 250, 20).astype(np.uint8).repeat(scale, 0)
        picture = picture.repeat(scale, 1)
        script = """(pixels, data, width, height, ...eyes) =>
            [...pixels.cut({ width, height, data }, ...eyes, 112).data]"""
        shape = picture.shape[::-1]
        values = picture.ravel().tolist(), *shape, (scale * eyes).tolist(), places.tolist()
        cut = np.array(visit().run(script, *values)).reshape(112, 112)
        y, x = np.nonzero(cut > 135)
        for side, place in ((x < 56, places[0]), (x > 56, places[1])):
            found = np.array([x[side].mean(), y[side].mean()]) + 0.5
            assert np.abs(found - place).max() < 0.3
        assert set(cut[0]) == {20}


def test_a_face_takes_no_more_than_50_milliseconds(visit):
    assert 0 < visit().number("time") <= 50


def elsewhere(visitor: Visitor) -> list[str]:
    """What the page asked another origin for."""
    origin = urlsplit(visitor.address).netloc
    return [url for url in visitor.requested if urlsplit(url).netloc not in (origin, "")]


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


def test_what_would_leave_is_refused_and_without_the_policy_it_would_be_seen(
    visit, site, tmp_path
):
    with served(tmp_path) as (other, asked):
        visitor = visit()
        assert visitor.page.evaluate(FETCH, f"{other}?stolen") == "TypeError"
        assert asked == []
        assert "Content Security Policy" in " ".join(visitor.faults)
        visitor.faults.clear()

        def without_policy(route) -> None:
            page = re.sub("<meta http-equiv.*?>", "", route.fetch().text())
            route.fulfill(body=page, content_type="text/html")

        visitor.page.route(site, without_policy)
        visitor.page.goto(site)
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
        visitor.page.wait_for_function("document.querySelector('video').videoWidth")
        leave()
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


def header(width: int, height: int) -> bytes:
    """The first bytes of a PNG of this size, and no pixel."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\2\0\0\0"


BAD = {
    "empty": (b"", "This file is empty (0 bytes)."),
    "words": (b"not a picture", "This is not a JPEG, PNG, WebP, GIF or BMP picture"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a JPEG, PNG"),
    "one pixel": (header(1, 1), "It has 1 × 1 pixels: 32 a side are the least."),
    "huge": (header(10_000, 10_000), "It has 10,000 × 10,000 pixels, over 50,000,000 in all"),
    "cut short": (header(200, 200), "This picture is damaged or cut short."),
    "first bytes": (b"\xff\xd8\xff\xe0\0\x10JFIF", "This is not a JPEG, PNG"),
}


def test_what_is_no_use_says_why_and_leaves_the_picture_before(visit, tmp_path):
    visitor = visit()
    before = visitor.number("score")
    for name, (content, words) in BAD.items():
        file = tmp_path / f"{name}.png"
        file.write_bytes(content)
        assert visitor.choose(0, file, as_is=False).startswith(words), name
        expect(visitor.faces[0].locator(".note")).to_have_class("note wrong")
        assert visitor.number("score") == before


def test_odd_pictures_are_read_and_the_page_says_what_it_did(visit, people, tmp_path):
    one, other = (face.resize((160, 120)) for face in people)
    plain, reference = save(one, tmp_path / "plain.png"), save(people[1], tmp_path / "b.png")
    few = one.quantize(64)
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned a quarter to the right
    lying = one.transpose(Image.Transpose.ROTATE_90)
    deep = np.asarray(one.convert("L")).astype(np.uint16) * 257
    clear = np.dstack([np.asarray(one), np.full((120, 160), 255, np.uint8)])
    clear[:40, :, :] = 0
    white = np.asarray(one).copy()
    white[:40] = 255
    odd = {
        "moving.gif": (few, {"save_all": True, "append_images": [other.quantize(64)]}, few, "if it moves, its first frame"),
        "print.jpg": (one.convert("CMYK"), {"quality": 95}, None, "colours of print (CMYK)"),
        "deep.png": (Image.fromarray(deep), {}, one.convert("L"), "16 bits a colour, of which 8 are used"),
        "lying.jpg": (lying, {"exif": turned, "quality": 95}, None, "turned upright, as its EXIF says"),
        "clear.png": (Image.fromarray(clear), {}, Image.fromarray(white), "PNG, 160 × 120 pixels."),
        "few.png": (few, {}, few, "PNG, 160 × 120 pixels."),
    }  # fmt: skip
    visitor = visit()
    visitor.choose(1, reference)
    for name, (image, settings, wanted, words) in odd.items():
        note = visitor.choose(0, save(image, tmp_path / name, **settings))
        assert words in note, name
        # A JPEG is not what was saved, and CMYK is turned to RGB in more than one way.
        same = plain if wanted is None else save(wanted.convert("RGB"), tmp_path / "wanted.png")
        close = 0.05 if wanted is None else 1e-3
        assert visitor.number("score") == pytest.approx(cosine(same, reference), abs=close), name


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


def test_a_keyboard_is_enough(visit, people, tmp_path):
    visitor = visit()
    keyboard, seen = visitor.page.keyboard, []
    focused = "document.activeElement.ariaLabel ?? document.activeElement.closest('label')?.innerText ?? document.activeElement.innerText"
    for _ in range(20):
        keyboard.press("Tab")
        seen.append(visitor.page.evaluate(focused).strip())
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


PASTE = """([selector, kind, bytes]) => {
    const data = new DataTransfer();
    if (bytes) data.items.add(new File([Uint8Array.from(bytes)], 'own.png'));
    const settings = { bubbles: true, cancelable: true };
    const event = kind === 'drop' ? new DragEvent(kind, { ...settings, dataTransfer: data })
        : new ClipboardEvent(kind, { ...settings, clipboardData: data });
    return document.querySelector(selector).dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_pictures_are_dropped_and_pasted(visit, people, tmp_path, kind):
    visitor = visit()
    content = list(save(people[0], tmp_path / "own.png").read_bytes())
    for place, which in ((".face .note", 0), ("h1", 1)):
        give = partial(visitor.page.evaluate, PASTE, [place, kind, content])
        assert visitor.changed(which, give) == "PNG, 112 × 112 pixels."
        give = partial(visitor.page.evaluate, PASTE, [place, kind, None])
        assert re.search("save the picture|copy one first", visitor.changed(which, give))


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
    found += page.evaluate("axe.run().then((found) => found.violations)")
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    page.evaluate("document.querySelector('h1').style.color = '#888'")
    page.keyboard.press("Escape")
    found = page.evaluate("axe.run().then((found) => found.violations)")
    assert [fault["id"] for fault in found] == ["color-contrast"], "axe sees what is wrong"
