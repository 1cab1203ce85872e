"""The one reader of photographs: what every source of faces reads, and in what words it refuses.

`folder` and `lfw` list files of their own layouts, but open none by themselves.
"""

import io
import unicodedata
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".pgm", ".tif", ".tiff")
# Named one by one: among Pillow's readers are some that start other programs (EPS).
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "PPM", "TIFF")
# Made by computers, beside what is hidden (.DS_Store): file managers, zips of a Mac, network disks.
STRAY = {
    "thumbs.db", "desktop.ini", "__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found",
    "system volume information",
}  # fmt: skip
NO_FILE = "not a file (a broken link?)"
MOST = 256 * 2**20  # bytes of a file: as many as its pixels may have in the end


class _Unfit(ValueError):
    """A reason in words of ours, where Pillow raises ValueError in its own."""


def list_visible(directory: Path) -> list[Path]:
    """What a person put into a directory, by name; PermissionError if it may not be read."""
    try:
        entries = sorted(directory.iterdir(), key=lambda entry: entry.name)
    except PermissionError as error:
        raise PermissionError(
            error.errno, f"you may not read the folder {directory}; change its permissions"
        ) from error
    return [file for file in entries if file.name[0] != "." and file.name.lower() not in STRAY]


def spell(name: str) -> str:
    """A name in one spelling of Unicode (NFC): a Mac writes ë as two characters, others as one."""
    return unicodedata.normalize("NFC", name)


def read_aloud(name: str) -> str:
    """What two names have in common that differ in case, width of letters, or blanks alone."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def read_photo(file: Path | bytes, side: int | None = None) -> Image.Image:
    """A photograph upright (EXIF), in RGB, what is transparent in it white.

    Args:
        file: in one of `FORMATS`, whatever its ending; or its content.
        side: pixels a side that are enough: a JPEG is then decoded no larger than needed, in a
            tenth of the time for a phone's photograph. None: all there are.

    Raises:
        ValueError: why it can't be used, without its name.
    """
    try:
        given = isinstance(file, bytes)
        if not given and not file.is_file():  # a pipe would be waited for
            raise _Unfit(NO_FILE)
        size = len(file) if given else file.stat().st_size
        if not size:
            raise _Unfit("empty file (0 bytes)")
        if size > MOST:  # Pillow would look through all of it for a picture
            raise _Unfit(f"over {MOST:,} bytes: save it smaller")
        with Image.open(io.BytesIO(file) if given else file, formats=FORMATS) as opened:
            if opened.format in ("PNG", "WEBP") and opened.is_animated:
                raise _Unfit("a moving picture: save one of its frames")
            # Pillow only warns of these. To make its warning an error would change the filters of
            # all threads, and photographs are decoded in several.
            if opened.width * opened.height > (Image.MAX_IMAGE_PIXELS or float("inf")):
                raise Image.DecompressionBombError
            if opened.mode.startswith(("I", "F")):
                raise _Unfit(f"its pixels have more than 8 bits ({opened.mode}): save it with 8")
            if side:
                opened.draft(None, (side, side))
            return _opaque(ImageOps.exif_transpose(opened)).convert("RGB")
    except PermissionError:
        raise ValueError("you may not read it: change its permissions") from None
    except UnidentifiedImageError:
        raise ValueError(
            "its content is not a JPEG, PNG, BMP, WebP, PGM or TIFF image, whatever its name"
        ) from None
    except Image.DecompressionBombError:
        raise ValueError(
            f"over {Image.MAX_IMAGE_PIXELS:,} pixels (a decompression bomb?): save it smaller"
        ) from None
    except _Unfit:
        raise
    except Exception as error:  # Pillow's readers raise anything on damaged content
        raise ValueError(f"damaged or cut short ({error or type(error).__name__})") from error


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
