"""What the web page makes of picture files: the pixels that Pillow gives, and the same scores."""

# ruff: noqa: RUF001 - the page writes sizes with a multiplication sign

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from facelib import models, synth
from tests.browser.visitor import CLOSE, cosine, save

pytestmark = pytest.mark.browser


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
        assert visitor.number("score") == pytest.approx(cosine(*files), abs=CLOSE)


def test_the_network_gives_what_onnxruntime_gives_python(visit):
    faces = synth.synth(8, 2, seed=3).images
    script = """async (pixels, images) => {
        const { Recogniser } = await import(new URL("recogniser.js", location));
        const network = await Recogniser.load("model.onnx");
        const found = [];
        for (const data of images) found.push([...await network.embed({ data })]);
        return found;
    }"""
    here = models.embed(models.face_compact(), faces)
    there = torch.tensor(visit().run(script, faces.flatten(1).tolist()))
    assert torch.allclose(there.norm(dim=1), torch.ones(16))
    apart = (here @ here.T - there @ there.T).abs()
    assert apart.max() < CLOSE
    assert apart.mean() < CLOSE / 5


def test_a_face_that_is_cut_already_needs_no_marks(visit, people, tmp_path):
    visitor = visit()
    files = [save(face, tmp_path / f"{n}.png") for n, face in enumerate(people)]
    for which, file in enumerate(files):
        visitor.choose(which, file, as_is=False)
    assert visitor.number("score") == pytest.approx(cosine(*files), abs=CLOSE)


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


def header(width: int, height: int) -> bytes:
    """The first bytes of a PNG of this size, and no pixel."""
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\2\0\0\0"
    )


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
        "moving.gif": (few, {"save_all": True, "append_images": [other.quantize(64)]}, few),
        "print.jpg": (one.convert("CMYK"), {"quality": 95}, None),
        "deep.png": (Image.fromarray(deep), {}, one.convert("L")),
        "lying.jpg": (lying, {"exif": turned, "quality": 95}, None),
        "clear.png": (Image.fromarray(clear), {}, Image.fromarray(white)),
        "few.png": (few, {}, few),
    }
    noted = {
        "moving.gif": "if it moves, its first frame", "print.jpg": "colours of print (CMYK)",
        "deep.png": "16 bits a colour, of which 8 are used",
        "lying.jpg": "turned upright, as its EXIF says", "clear.png": "PNG, 160 × 120 pixels.",
        "few.png": "PNG, 160 × 120 pixels.",
    }  # fmt: skip
    visitor = visit()
    visitor.choose(1, reference)
    for name, (image, settings, wanted) in odd.items():
        note = visitor.choose(0, save(image, tmp_path / name, **settings))
        assert noted[name] in note, name
        # A JPEG is not what was saved, and CMYK is turned to RGB in more than one way.
        same = plain if wanted is None else save(wanted.convert("RGB"), tmp_path / "wanted.png")
        close = 0.05 if wanted is None else CLOSE
        assert visitor.number("score") == pytest.approx(cosine(same, reference), abs=close), name


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
