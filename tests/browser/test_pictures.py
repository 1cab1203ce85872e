"""What the web page makes of picture files: the pixels that Pillow gives, and the same scores."""

# ruff: noqa: RUF001 - the page writes sizes with a multiplication sign

from __future__ import annotations

import re
import shutil
from functools import partial
from itertools import combinations

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from PIL import Image
from playwright.sync_api import expect

from facelib import models, synth
from facelib.door import session
from facelib.door.align import POINTS, align, cut, fit
from facelib.door.detect import detect
from facelib.door.recogniser import COMPACT, Recogniser
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


def without_rounding(content: bytes) -> bytes:
    """An ONNX file of eight bits whose layers clip what they hand on as before, but round none."""
    model = onnx.load_from_string(content)
    known, rounded = {value.name: value for value in model.graph.initializer}, set()
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            scale, zero = (numpy_helper.to_array(known[name]) for name in node.input[1:])
            codes = np.iinfo(zero.dtype)
            for name, code in zip(node.input[1:], (codes.min, codes.max), strict=True):
                end = np.float32(code - float(zero)) * scale
                known[name].CopyFrom(numpy_helper.from_array(end, name))
            node.op_type = "Clip"
            rounded.add(node.output[0])
        elif node.input[0] in rounded:
            node.op_type = "Identity"
            del node.input[1:], node.attribute[:]
    return model.SerializeToString()


def test_but_for_roundings_of_eight_bits_the_score_is_that_of_python(visit, host, tmp_path):
    """Sums in another order move a code of eight bits now and then, and later layers many: the same
    file scores otherwise even in Python, at another level of optimisation. What is continuous must
    agree, from the picture to the score, to the last digit that is shown."""
    address, folder = host
    shutil.copytree(folder, folder / "unrounded")
    model = folder / "unrounded" / "model.onnx"
    model.write_bytes(without_rounding(session.read(COMPACT)[0]))
    settings = folder / "unrounded" / "settings.json"
    shipped, other = (Recogniser(path).sha256 for path in (COMPACT, model))
    settings.write_text(settings.read_text("utf-8").replace(shipped, other), "utf-8")
    visitor = visit()
    visitor.go(f"{address}unrounded/")
    crops = synth.synth(2, 2, seed=9, size=112, channels=3).images.permute(0, 2, 3, 1).numpy()
    files = [save(Image.fromarray(crop), tmp_path / f"{n}.png") for n, crop in enumerate(crops)]
    apart = []
    for pair in combinations(files, 2):
        for which, file in enumerate(pair):
            visitor.choose(which, file)
        apart.append(visitor.number("score") - cosine(*pair, model=model))
    assert len(apart) == 6
    assert np.abs(apart).max() < 1e-3
    assert 0 < visitor.number("time") <= 50


def test_eyes_are_found_where_the_library_finds_them(visit, people, tmp_path):
    visitor, codes = visit(), []
    for which, (face, place) in enumerate(zip(people, [(300, 60), (40, 20)], strict=True)):
        photo = Image.new("RGB", (640, 480), (90, 110, 120))
        photo.paste(face.resize((260, 260), Image.Resampling.BICUBIC), place)
        note = visitor.choose(which, save(photo, tmp_path / f"{which}.png"), as_is=False)
        assert note == "PNG, 640 × 480 pixels."
        (found,) = align(photo)
        codes.append(Recogniser().embed(found.crop[None])[0])
        turn, start = fit(detect(photo)[0].points, 1)  # the marks give the cut by all five points
        for side, point in zip(("left", "right"), POINTS @ [1, 1j], strict=False):
            said = visitor.eye(which, side).get_attribute("aria-valuetext")
            wanted = turn * point + start
            x, y = map(int, re.findall(r"\d+", said))
            assert abs(x + 1j * y - wanted) < 2
    assert visitor.number("score") == pytest.approx(codes[0] @ codes[1], abs=2 * CLOSE)


def test_of_several_faces_the_largest_is_marked_and_the_page_says_so(visit, people, tmp_path):
    visitor = visit()
    photo = Image.new("RGB", (640, 300), (90, 110, 120))
    for face, side, left in zip(people[::-1], (200, 280), (20, 330), strict=True):
        photo.paste(face.resize((side, side), Image.Resampling.BICUBIC), (left, 20))
    note = visitor.choose(0, save(photo, tmp_path / "two.png"), as_is=False)
    assert note.endswith("2 faces were found; the rings are on the largest.")
    said = visitor.eye(0, "left").get_attribute("aria-valuetext")
    assert int(said.split()[0]) > 300


def test_without_a_face_the_marks_are_where_a_cut_face_has_its_eyes(visit, tmp_path):
    visitor = visit()
    plain = save(Image.new("RGB", (300, 200), "grey"), tmp_path / "plain.png")
    note = visitor.choose(0, plain, as_is=False)
    assert note.endswith("No face was found: click its eyes.")
    x, y = 50 + 200 * POINTS[0, 0], 200 * POINTS[0, 1]
    said = visitor.eye(0, "left").get_attribute("aria-valuetext")
    assert said == f"{x:.0f} across, {y:.0f} down"


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


def test_the_cut_is_that_of_the_library(visit, people):
    grey = people[0].convert("L")
    script = """(pixels, data, side, eyes, places) =>
        [...pixels.cut({ width: side, height: side, data }, eyes, places, 112).data]"""
    for side, degrees in ((60, 10), (112, 0), (300, -25), (500, 90)):
        picture = grey.resize((side, side), Image.Resampling.BICUBIC)
        turn = side * 0.8 * np.exp(1j * np.radians(degrees))
        points = turn * (POINTS @ [1, 1j] - 0.5 - 0.5j) + 0.45 * side * (1 + 1j)
        points = np.stack([points.real, points.imag], 1)
        values = np.asarray(picture).ravel().tolist(), side, points[:2].tolist()
        here = np.array(visit().run(script, *values, (112 * POINTS[:2]).tolist()))
        there = cut(picture.convert("RGB"), points, 112)[..., 0].ravel().astype(int)
        assert np.abs(here - there).max() <= 2, side


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
