"""A folder of photos: what is read, what is refused, and that the photos stay as they were."""

import hashlib
import os
import struct
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile
from skimage import data

from facelib.data import folder, orl

module = import_module("facelib.data.folder")  # `facelib.data.folder` is the function

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def save(path: Path, colour=RED, size=(40, 40), **options) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def colour_of(image: torch.Tensor) -> str:
    """Which channel the middle of the image is."""
    middle = image[:, image.shape[1] // 2, image.shape[2] // 2]
    return "rgb"[int(middle.argmax())]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    save(root / "Ada" / "1.png", RED)
    save(root / "Ada" / "2.png", GREEN)
    save(root / "Ben" / "1.png", BLUE)
    return root


def state(root: Path) -> dict[str, tuple[int, str]]:
    return {
        str(file): (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in root.rglob("*")
        if file.is_file()
    }


def test_a_folder_gives_one_person_a_sub_folder_in_order(photos):
    before = state(photos)
    faces = folder(photos, size=32)
    assert faces.names == ("Ada", "Ben")
    assert faces.person.tolist() == [0, 0, 1]
    assert faces.images.shape == (3, 3, 32, 32)
    assert [colour_of(image) for image in faces.images] == ["r", "g", "b"]
    assert "photos" in faces.source
    assert state(photos) == before


def test_one_photo_a_person_is_enough_until_a_split_is_asked_for(tmp_path):
    save(tmp_path / "Ada" / "1.png")
    save(tmp_path / "Ben" / "1.png")
    faces = folder(tmp_path, size=8)
    assert len(faces) == 2
    with pytest.raises(ValueError, match="Ada has 1, Ben has 1"):
        faces.split_images(1)


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.JPEG", "a.png", "a.bmp", "a.webp", "a.pgm", "a.tif", "a.TIFF"]
)
def test_every_named_format_is_read_in_any_case(photos, name):
    file = save(photos / "Ben" / name, (120, 120, 120))
    assert (folder(photos, size=8).images[-1].int() - 120).abs().max() <= 2, file


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
def test_other_colour_modes_become_rgb(photos, mode):
    file = photos / "Ben" / ("a.tif" if mode == "CMYK" else "a.png")
    Image.new("RGB", (20, 20), (255, 255, 255)).convert(mode).save(file)
    assert folder(photos, size=8).images[-1].unique().tolist() == [255]


def test_a_readable_image_with_another_formats_ending_is_read(photos):
    save(photos / "Ben" / "really_png.jpg", GREEN, format="PNG")
    assert colour_of(folder(photos, size=8).images[-1]) == "g"


def test_a_phones_photo_of_several_frames_is_its_first_one(photos):
    first, second = (Image.new("RGB", (40, 40), colour) for colour in (GREEN, RED))
    first.save(photos / "Ben" / "a.jpg", "MPO", save_all=True, append_images=[second])
    assert colour_of(folder(photos, size=8).images[-1]) == "g"


def test_photos_are_turned_upright(photos):
    """Left half red, right half blue, and EXIF says: turn by 90 degrees to the right."""
    image = Image.new("RGB", (64, 64), RED)
    image.paste(BLUE, (32, 0, 64, 64))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(photos / "Ben" / "turned.jpg", exif=exif)
    upright = folder(photos, size=32).images[-1]
    assert (colour_of(upright[:, :16]), colour_of(upright[:, 16:])) == ("r", "b")


@pytest.mark.parametrize("size", [(900, 300), (300, 900)])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_the_middle_square_is_cut_out(photos, size, ending):
    image = Image.new("RGB", size, RED)
    middle = [size[0] // 2, size[1] // 2]
    image.paste(GREEN, (middle[0] - 150, middle[1] - 150, middle[0] + 150, middle[1] + 150))
    image.save(photos / "Ben" / f"wide.{ending}", quality=95)
    crop = folder(photos, size=30).images[-1]
    assert crop[1, 1:-1, 1:-1].min() > 180
    assert crop[0, 1:-1, 1:-1].max() < 20


def test_shrinking_averages_fine_patterns_away(photos):
    checks = np.indices((256, 256)).sum(0) % 2 * 255
    Image.fromarray(checks.astype(np.uint8)).save(photos / "Ben" / "checks.png")
    assert (folder(photos, size=16).images[-1].int() - 127).abs().max() <= 3


def test_hidden_and_stray_files_are_passed_over(photos):
    for name in (".DS_Store", "Ada/.DS_Store", "Ada/Thumbs.db", "Ben/desktop.ini", "consent.txt"):
        (photos / name).write_bytes(b"stray")
    (photos / ".facelib").mkdir()
    (photos / ".facelib" / "old.jpg").write_bytes(b"")
    assert len(folder(photos, size=8)) == 3


@pytest.mark.parametrize(
    "made", ["__MACOSX/Ada/1.png", "@eaDir/1.png/SMALL.jpg", "Ada/@eaDir/1.png/SMALL.jpg"]
)
def test_folders_that_a_computer_makes_are_no_people(photos, made):
    (photos / made).parent.mkdir(parents=True)
    (photos / made).write_bytes(b"stray")
    assert folder(photos, size=8).names == ("Ada", "Ben")


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


def test_a_name_is_spelt_in_one_way_whatever_computer_made_the_folder(photos):
    save(photos / "Zoe\u0308" / "1.png")
    assert folder(photos, size=8).names == ("Ada", "Ben", "Zo\u00eb")


def test_what_is_transparent_is_white_whatever_colour_hides_there(photos):
    for number, hidden in enumerate(((255, 0, 0, 0), (0, 0, 255, 0)), start=3):
        picture = Image.new("RGBA", (64, 64), hidden)
        picture.paste((10, 200, 10, 255), (16, 16, 48, 48))
        picture.save(photos / "Ada" / f"{number}.png")
        picture.quantize(8).save(photos / "Ada" / f"{number}p.png")
    images = folder(photos, size=32).images[2:6]
    assert images[:, :, 0, 0].unique().tolist() == [255]
    assert (images[:, :, 16, 16] == torch.tensor([10, 200, 10])).all()


def bomb() -> bytes:
    """A PNG of a few bytes that claims 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def plant_bad_files(root: Path) -> dict[str, str]:
    """One bad file of every kind, and a part of the reason each must be given."""
    ada = root / "Ada"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = ada / "cut.jpg"
    Image.fromarray(noise).save(whole)
    whole.write_bytes(whole.read_bytes()[:900])
    Image.fromarray(noise).save(ada / "cut.png")
    (ada / "cut.png").write_bytes((ada / "cut.png").read_bytes()[:900])
    (ada / "empty.jpg").write_bytes(b"")
    (ada / "bomb.png").write_bytes(bomb())
    (ada / "page.jpg").write_bytes(b"<html>not found</html>")
    (ada / "program.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (ada / "notes.txt").write_text("Ada likes tea")
    (ada / "phone.heic").write_bytes(b"heic")
    (ada / "holiday").mkdir()
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(ada / "deep.png")
    save(root / "loose.jpg")
    return {
        "Ada/cut.jpg": "damaged or cut short",
        "Ada/cut.png": "damaged or cut short",
        "Ada/empty.jpg": "empty file",
        "Ada/bomb.png": "decompression bomb",
        "Ada/page.jpg": "content is not a JPEG",
        "Ada/program.png": "content is not a JPEG",
        "Ada/notes.txt": "not a photo: its name does not end in .jpg",
        "Ada/phone.heic": "not a photo: its name does not end in .jpg",
        "Ada/holiday": "a folder inside",
        "Ada/deep.png": "more than 8 bits",
        "loose.jpg": "not in the sub-folder of a person",
    }


def assert_lists(message: str, reasons: dict[str, str]) -> None:
    listed = dict(line.strip().split(": ", 1) for line in message.split("\n")[1:-1])
    assert listed.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in listed[name], name


def test_all_bad_files_are_listed_at_once_with_their_reasons_and_none_is_touched(photos):
    reasons = plant_bad_files(photos)
    before = state(photos)
    with pytest.raises(ValueError, match=r"skip_bad=True") as caught:
        folder(photos, size=8)
    assert str(caught.value).startswith(f"11 files in {photos} can't be used:")
    assert_lists(str(caught.value), reasons)
    assert state(photos) == before


def test_bad_files_are_skipped_on_demand_and_the_good_ones_kept(photos):
    good = folder(photos, size=8)
    reasons = plant_bad_files(photos)
    with pytest.warns(UserWarning, match="They are left out") as caught:
        faces = folder(photos, size=8, skip_bad=True)
    assert_lists(str(caught[0].message), reasons)
    assert caught[0].filename == __file__
    assert torch.equal(faces.images, good.images)
    assert torch.equal(faces.person, good.person)


def test_a_bomb_is_refused_before_it_is_unpacked(photos, monkeypatch):
    """A photo over Pillow's own limit, which only warns up to twice that limit."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1599)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("was unpacked"))
    with pytest.raises(ValueError, match=r"Ben/1\.png: over 1,599 pixels"):
        folder(photos, size=8)


if os.name == "posix":  # elsewhere pipes are no files, and links need a privilege

    def test_broken_links_and_pipes_are_bad_files_and_do_not_hang_the_reader(photos):
        (photos / "Ben" / "link.jpg").symlink_to(photos / "gone.jpg")
        os.mkfifo(photos / "Ben" / "pipe.jpg")
        with pytest.raises(ValueError, match=r"Ben/link\.jpg: not a file.*\n.*pipe\.jpg: not a"):
            folder(photos, size=8)

    def test_links_to_photos_are_followed(photos, tmp_path):
        elsewhere = save(tmp_path / "elsewhere" / "1.png", GREEN)
        (photos / "Ben" / "2.png").symlink_to(elsewhere)
        assert colour_of(folder(photos, size=8).images[-1]) == "g"


def test_a_photo_that_may_not_be_read_is_a_bad_file(photos, monkeypatch):
    real = Image.open

    def deny(file, **options):
        if file.name == "2.png":
            raise PermissionError(13, "Permission denied", str(file))
        return real(file, **options)

    monkeypatch.setattr(Image, "open", deny)
    with pytest.raises(ValueError, match=r"Ada/2\.png: you may not read it"):
        folder(photos, size=8)


def test_whatever_pillow_raises_on_damaged_content_is_called_damage(photos, monkeypatch):
    def fail(image, *args):
        raise ValueError("tile cannot extend outside image")

    monkeypatch.setattr(Image.Image, "load", fail)
    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(ValueError, match=r"Ada/1\.png: damaged or cut short \(tile cannot"):
        folder(photos, size=8)


def test_a_person_without_a_usable_photo_is_named(photos):
    (photos / "Cyd").mkdir()
    with pytest.raises(ValueError, match="no usable photo of Cyd: add one"):
        folder(photos, size=8)
    (photos / "Cyd" / "1.png").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="Cyd/1.png"),
        pytest.raises(ValueError, match="no usable photo of Cyd"),
    ):
        folder(photos, size=8, skip_bad=True)


def test_folders_without_any_photo_name_everybody(tmp_path):
    (tmp_path / "Ada").mkdir()
    (tmp_path / "Ben").mkdir()
    with pytest.raises(ValueError, match="no usable photo of Ada, Ben"):
        folder(tmp_path, size=8)


def test_a_missing_folder_and_a_file_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        folder(tmp_path / "nowhere")
    file = save(tmp_path / "face.png")
    with pytest.raises(NotADirectoryError, match=r"face\.png is a file; want a folder"):
        folder(file)


def test_fewer_than_two_people_are_refused(tmp_path):
    save(tmp_path / "loose.png")
    with pytest.raises(ValueError, match=r"has 0 sub-folders \(none\); want one for each"):
        folder(tmp_path)
    save(tmp_path / "Ada" / "1.png")
    with pytest.raises(ValueError, match=r"has 1 sub-folders \(Ada\); .* at least two people"):
        folder(tmp_path)


@pytest.mark.parametrize("which", ["photos", "Ben"])
def test_an_unreadable_folder_is_named(photos, monkeypatch, which):
    real = Path.iterdir

    def deny(path):
        if path.name == which:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(PermissionError, match=f"may not read the folder .*{which}"):
        folder(photos)


def test_a_size_below_one_is_refused(photos):
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        folder(photos, size=0)


def test_progress_is_shown_photo_by_photo(photos, capsys):
    folder(photos, size=8)
    assert "3/3" in capsys.readouterr().err


@pytest.fixture
def astronaut() -> Image.Image:
    return Image.fromarray(data.astronaut())  # 512 x 512, the face near (222, 120), 97 px wide


def overlap(one: tuple, two: tuple) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    both = max(width, 0) * max(height, 0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return both / (area - both)


@pytest.mark.parametrize(
    ("scale", "shift"), [(1, 0), (4, 0), (0.3, 0), (1, 580)], ids=["as is", "huge", "small", "wide"]
)
def test_the_face_is_found_wherever_it_is_and_however_large_the_photo(astronaut, scale, shift):
    photo = Image.new("RGB", (512 + shift, 512), (90, 90, 90))
    photo.paste(astronaut, (shift, 0))
    photo = photo.resize((round(scale * photo.width), round(scale * photo.height)))
    half = 97 / 2 * module.MARGIN
    by_hand = (222 + shift - half, 120 - half, 222 + shift + half, 120 + half)
    assert overlap(module._find_face(photo), tuple(scale * edge for edge in by_hand)) > 0.6


def test_detection_crops_the_face_and_takes_the_largest_of_two(photos, astronaut):
    two = Image.new("RGB", (600, 300), (90, 90, 90))
    two.paste(astronaut.resize((256, 256)), (0, 0))
    two.paste(astronaut.crop((122, 20, 322, 220)).resize((300, 300)), (300, 0))
    for file in photos.glob("*/*.png"):
        astronaut.save(file)
    two.save(photos / "Ben" / "two.png")
    faces = folder(photos, size=64, detect=True)
    for image, photo in ((faces.images[0], astronaut), (faces.images[3], two)):
        box = module._find_face(photo)
        expected = photo.crop(box).resize((64, 64), Image.Resampling.BICUBIC)
        assert (
            image.permute(1, 2, 0).int() - torch.from_numpy(np.array(expected))
        ).abs().max() <= 1
    assert module._find_face(two)[0] > 300


@pytest.mark.parametrize(
    ("corner", "box"), [(0, (0, 0, 130, 130)), (380, (350, 350, 480, 480)), (200, None)]
)
def test_a_crop_at_the_border_is_moved_into_the_photo(monkeypatch, corner, box):
    """Not filled with black: those pixels would be the same for everybody."""
    face = {"r": corner, "c": corner, "width": 100, "height": 100}
    monkeypatch.setattr(module, "_cascade", lambda: lambda **options: [face])
    assert module._find_face(Image.new("RGB", (480, 480))) == (box or (185, 185, 315, 315))


def test_a_crop_is_never_larger_than_the_photo(monkeypatch):
    face = {"r": 10, "c": 100, "width": 200, "height": 200}
    monkeypatch.setattr(module, "_cascade", lambda: lambda **options: [face])
    assert module._find_face(Image.new("RGB", (960, 440))) == (180, 0, 620, 440)


def test_a_photo_without_a_face_is_a_bad_file_when_faces_are_looked_for(photos):
    with pytest.raises(ValueError, match=r"Ada/1\.png: no upright frontal face found"):
        folder(photos, detect=True)


@pytest.mark.parametrize("size", [(1, 1000), (1000, 1), (1, 1), (48, 480), (480, 47)])
def test_a_photo_too_thin_for_a_face_is_a_bad_file_not_the_end(photos, astronaut, size):
    for file in photos.glob("*/*.png"):
        astronaut.save(file)
    save(photos / "Ben" / "thin.png", size=size)
    with pytest.warns(UserWarning, match=r"Ben/thin\.png: no upright frontal face"):
        assert len(folder(photos, size=32, detect=True, skip_bad=True)) == 3


def test_most_faces_of_orl_are_found():
    found = [
        module._find_face(Image.fromarray(image[0].numpy())) is not None
        for image in orl().images[::40]
    ]
    assert len(found) == 10
    assert sum(found) >= 7
