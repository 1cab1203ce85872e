"""A folder of photos: what is read, what is refused, and that the photos stay as they were."""

import io
import os
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from facelib.data import align, folder, orl
from facelib.door import mtcnn

module = import_module("facelib.data.folder")  # `facelib.data.folder` is the function

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def save(path: Path, colour=RED, size=(40, 40), **options) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def colour_of(image: torch.Tensor) -> str:
    """Which channel the middle of the image is."""
    return "rgb"[int(image[:, image.shape[1] // 2, image.shape[2] // 2].argmax())]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for name, colour in (("Ada/1.png", RED), ("Ada/2.png", GREEN), ("Ben/1.png", BLUE)):
        save(root / name, colour)
    return root


def state(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (file for file in root.rglob("*") if file.is_file())
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def test_a_folder_gives_one_person_a_sub_folder_in_order_and_shows_progress(photos, capsys):
    before = state(photos)
    faces = folder(photos, size=32)
    assert faces.names == ("Ada", "Ben")
    assert faces.person.tolist() == [0, 0, 1]
    assert faces.images.shape == (3, 3, 32, 32)
    assert [colour_of(image) for image in faces.images] == ["r", "g", "b"]
    assert "photos" in faces.source
    assert state(photos) == before
    assert "3/3" in capsys.readouterr().err


def test_every_format_colour_mode_and_first_frame_is_read_whatever_the_ending(photos):
    for ending in ("jpg", "JPEG", "png", "bmp", "webp", "pgm", "tif", "TIFF"):
        save(photos / "Ben" / f"2.{ending}", (120, 120, 120))
    for mode in ("L", "P", "RGBA", "LA", "CMYK", "1"):
        file = photos / "Ben" / (f"3{mode}.tif" if mode == "CMYK" else f"3{mode}.png")
        Image.new("RGB", (20, 20), (255, 255, 255)).convert(mode).save(file)
    white, red = (Image.new("RGB", (20, 20), colour) for colour in ("white", RED))
    white.save(photos / "Ben" / "4.jpg", "PNG")
    white.save(photos / "Ben" / "5.jpg", "MPO", save_all=True, append_images=[red])
    images = folder(photos, size=8).images[3:].int()
    assert len(images) == 8 + 6 + 2
    assert (images[:8] - 120).abs().max() <= 2
    assert images[8:].unique().tolist() == [255]


def test_photos_are_turned_upright(photos):
    """Left half red, right half blue, and EXIF says: turn by 90 degrees to the right."""
    image = Image.new("RGB", (64, 64), RED)
    image.paste(BLUE, (32, 0, 64, 64))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(photos / "Ben" / "turned.jpg", exif=exif)
    upright = folder(photos, size=32).images[-1]
    assert (colour_of(upright[:, :16]), colour_of(upright[:, 16:])) == ("r", "b")


def test_the_middle_square_is_cut_out_and_shrinking_averages_fine_patterns_away(photos):
    checks = np.indices((256, 256)).sum(0) % 2 * 255
    Image.fromarray(checks.astype(np.uint8)).save(photos / "Ben" / "9 checks.png")
    for x, y in ((450, 150), (150, 450)):
        image = Image.new("RGB", (2 * x, 2 * y), RED)
        image.paste(GREEN, (x - 150, y - 150, x + 150, y + 150))
        for ending in ("png", "jpg"):
            image.save(photos / "Ben" / f"{x}.{ending}", quality=95)
    *crops, fine = folder(photos, size=30).images[3:, :, 1:-1, 1:-1]
    crops = torch.stack(crops)
    assert (fine.int() - 127).abs().max() <= 3
    assert len(crops) == 4
    assert crops[:, 1].min() > 180
    assert crops[:, 0].max() < 20


STRAY = """.DS_Store Ada/.DS_Store Ada/Thumbs.db Ben/desktop.ini consent.txt .facelib/old.jpg
__MACOSX/Ada/1.png @eaDir/1.png/SMALL.jpg Ada/@eaDir/1.png/SMALL.jpg"""


def test_what_computers_add_and_hide_is_no_photo_and_no_person(photos):
    for name in STRAY.split():
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(b"stray")
    save(photos / "Zoe\u0308" / "1.png")  # spelt in one way, whatever computer made the folder
    faces = folder(photos, size=8)
    assert (len(faces), faces.names) == (4, ("Ada", "Ben", "Zo\u00eb"))


@pytest.mark.parametrize(
    "pair", [("Zo\u00eb", "Zoe\u0308"), ("Zoe", "zoe"), ("Zoe X", "Zoe  X")], ids=ascii
)
def test_two_folders_whose_names_look_alike_are_refused_not_taken_for_two_people(photos, pair):
    for number, name in enumerate(pair):
        save(photos / name / f"{number}.png")
    if len(list(photos.iterdir())) < 4:
        return  # this file system knows one spelling only
    with pytest.raises(ValueError, match="(?i)Zo.*zo.*whose names look alike.*rename one"):
        folder(photos, size=8)


def test_what_is_transparent_is_white_whatever_colour_hides_there(photos):
    for number, hidden in enumerate(((255, 0, 0, 0), (0, 0, 255, 0)), start=3):
        picture = Image.new("RGBA", (64, 64), hidden)
        picture.paste((10, 200, 10, 255), (16, 16, 48, 48))
        picture.save(photos / "Ada" / f"{number}.png")
        picture.quantize(8).save(photos / "Ada" / f"{number}p.png")
    images = folder(photos, size=32).images[2:6]
    assert images[:, :, 0, 0].unique().tolist() == [255]
    assert (images[:, :, 16, 16] == torch.tensor([10, 200, 10])).all()


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
BAD = {  # what is in a file, and part of the reason that must be given
    "loose.jpg": (b"", "not in the sub-folder of a person"),
    "Ada/empty.jpg": (b"", "empty file"),
    "Ada/page.jpg": (b"<html>not found</html>", "content is not a JPEG"),
    "Ada/program.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a JPEG"),
    "Ada/notes.txt": (b"Ada likes tea", "not a photo: its name does not end in .jpg"),
    "Ada/cut.jpg": (encoded(NOISE, "JPEG")[:900], "cut short (image file is truncated"),
    "Ada/deep.png": (encoded(np.zeros((9, 9), np.uint16), "PNG"), "more than 8 bits"),
    "Ada/holiday": (None, "a folder inside"),
}


def assert_lists_bad(message: str) -> None:
    listed = dict(line.strip().split(": ", 1) for line in message.split("\n")[1:-1])
    assert listed.keys() == BAD.keys()
    for name, (_, reason) in BAD.items():
        assert reason in listed[name], name


def test_all_bad_files_are_listed_with_reasons_untouched_and_skipped_on_demand(photos):
    good = folder(photos, size=8)
    for name, (content, _) in BAD.items():
        (photos / name).mkdir() if content is None else (photos / name).write_bytes(content)
    before = state(photos)
    with pytest.raises(ValueError, match=r"skip_bad=True") as caught:
        folder(photos, size=8)
    assert str(caught.value).startswith(f"8 files in {photos} can't be used:")
    assert_lists_bad(str(caught.value))
    with pytest.warns(UserWarning, match="They are left out") as warned:
        faces = folder(photos, size=8, skip_bad=True)
    assert_lists_bad(str(warned[0].message))
    assert warned[0].filename == __file__
    assert torch.equal(faces.images, good.images)
    assert torch.equal(faces.person, good.person)
    assert state(photos) == before


@pytest.mark.parametrize(
    ("where", "limit", "said"),
    [
        ("PIL.Image.MAX_IMAGE_PIXELS", 1599, r"over 1,599 pixels \(a decompression"),
        ("PIL.Image.MAX_IMAGE_PIXELS", 700, r"over 700 pixels \(a decompression"),
        ("facelib.door.photo.MOST", 100, "over 100 bytes: save it smaller"),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(photos, monkeypatch, where, limit, said):
    """Pillow only warns of photos up to twice its limit."""
    monkeypatch.setattr(where, limit)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("was unpacked"))
    with pytest.raises(ValueError, match=rf"Ben/1\.png: {said}"):
        folder(photos, size=8)


def test_an_unreadable_photo_is_a_bad_file_and_an_unreadable_folder_is_named(photos, monkeypatch):
    denied = Mock(side_effect=PermissionError(13, "Permission denied"))
    monkeypatch.setattr(Image, "open", denied)
    with pytest.raises(ValueError, match=r"Ada/1\.png: you may not read it"):
        folder(photos, size=8)
    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(PermissionError, match="may not read the folder .*photos"):
        folder(photos)


if os.name == "posix":  # elsewhere pipes are no files, and links need a privilege

    def test_links_are_followed_and_broken_ones_and_pipes_do_not_hang_the_reader(photos, tmp_path):
        elsewhere = save(tmp_path / "elsewhere" / "1.png", GREEN)
        (photos / "Ben" / "2.png").symlink_to(elsewhere)
        assert colour_of(folder(photos, size=8).images[-1]) == "g"
        (photos / "Ben" / "link.jpg").symlink_to(photos / "gone.jpg")
        os.mkfifo(photos / "Ben" / "pipe.jpg")
        with pytest.raises(ValueError, match=r"Ben/link\.jpg: not a file.*\n.*pipe\.jpg: not a"):
            folder(photos, size=8)


def test_what_is_no_folder_of_two_people_or_more_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        folder(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match=r"face\.png is a file; want a folder"):
        folder(save(tmp_path / "face.png"))
    with pytest.raises(ValueError, match=r"has 0 sub-folders \(none\); want one for each"):
        folder(tmp_path)
    save(tmp_path / "Ada" / "1.png")
    with pytest.raises(ValueError, match=r"has 1 sub-folders \(Ada\); .* at least two people"):
        folder(tmp_path)
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        folder(tmp_path, size=0)


@pytest.fixture
def astronaut(photos) -> Image.Image:
    """512 x 512, with one face; all `photos` are of her."""
    image = Image.fromarray(data.astronaut())
    for file in photos.glob("*/*.png"):
        image.save(file, compress_level=0)
    return image


def test_detection_cuts_the_largest_face_out_as_align_does(photos, astronaut):
    two = Image.new("RGB", (600, 300), (90, 90, 90))
    two.paste(astronaut.resize((256, 256)), (0, 0))
    two.paste(astronaut.crop((122, 20, 322, 220)).resize((300, 300)), (300, 0))
    two.save(photos / "Ben" / "two.png")
    faces = folder(photos, size=64, detect=True)
    for image, photo in ((faces.images[0], astronaut), (faces.images[3], two)):
        assert np.array_equal(image.permute(1, 2, 0).numpy(), align(photo, 64)[0].crop)
    assert align(two)[0].eyes[0, 0] > 300


def test_photos_without_a_face_or_too_thin_for_one_are_bad_files(photos, astronaut):
    for size in ((40, 40), (1, 1000), (1000, 1), (1, 1), (48, 480), (480, 47)):
        save(photos / "Ben" / "{}x{}.png".format(*size), size=size)
    with pytest.warns(UserWarning, match="6 files") as warned:
        assert len(folder(photos, size=32, detect=True, skip_bad=True)) == 3
    assert str(warned[0].message).count("no face found: crop the photo by hand") == 6


def test_a_large_jpeg_is_decoded_no_larger_than_its_smallest_face_needs(
    photos, astronaut, monkeypatch
):
    watched = Mock(wraps=align)
    monkeypatch.setattr(module, "align", watched)
    astronaut.resize((4000, 4000)).save(photos / "Ben" / "large.jpg")
    cut = folder(photos, size=32, detect=True).images[-1].permute(1, 2, 0).numpy()
    assert watched.call_args.args[0].width == 500
    assert np.abs(align(astronaut, 32)[0].crop.astype(int) - cut).mean() < 6


def test_weights_that_are_not_installed_are_no_fault_of_the_photos(photos, monkeypatch):
    monkeypatch.setattr(mtcnn, "find_spec", lambda name: None)
    mtcnn.read_weights.cache_clear()
    assert len(folder(photos, size=8)) == 3
    with pytest.raises(ImportError, match="pip install mtcnn"):
        folder(photos, size=8, detect=True, skip_bad=True)


def test_most_faces_of_orl_are_found():
    images = [Image.fromarray(image[0].numpy()).convert("RGB") for image in orl().images[::20]]
    assert len(images) == 20
    assert sum(bool(align(image)) for image in images) >= 18
