"""Commands that compare photographs and keep a register; none of them needs PyTorch."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facelib.app.answers import Answer, answering

if TYPE_CHECKING:
    import numpy as np

PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)
register_file = click.option(
    "--register", "path", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="The file that holds names and templates.",
)  # fmt: skip
DOOR = (
    click.option("--model", type=PHOTO, help="An ONNX file; else the network that ships."),
    click.option("--far", type=float, help="False accept rate: 0.1, 0.001, or 0.01, the default."),
    click.option("--threshold", type=float, help="A cosine, in place of --far."),
    click.option("--largest", is_flag=True, help="Of several faces take the largest."),
    click.option("--crops", type=click.Path(file_okay=False, path_type=Path),
                 help="Save what was cut out into this folder, to look at."),
)  # fmt: skip
CONSENT = """\
Of each photograph some numbers (a template) are stored in {path}, on this machine, with the name
{name!r} and today's date; the photograph is not. A template is personal data: a face can be drawn
from it. {delete}
Has {name} agreed?"""
DELETE = "To delete it: facelib forget {name!r} --register {path}"
CAVEAT = """\
The threshold was chosen so that {far:g} % of pairs of two people pass for one. Of LFW's test pairs,
which share photographs with those it was chosen on, {wrong} of {n:,} did, and of {n:,} pairs of
one person {missed} were missed.
This network is a teaching example: decide nothing about anybody by it."""


class Door:
    """A network and its threshold, a cosine, before which photographs are held.

    `known` is what `thresholds.look_up` says of it, None where the user gave it.
    """

    def __init__(
        self, model: Path | None, far: float | None, threshold: float | None, largest: bool,
        crops: Path | None,
    ) -> None:  # fmt: skip
        from facelib.door.recogniser import Recogniser
        from facelib.door.thresholds import look_up

        if far is not None and threshold is not None:
            raise ValueError("--far chooses a threshold and --threshold gives one: leave one out")
        if threshold is not None and not -1 <= threshold <= 1:
            raise ValueError(f"--threshold is a cosine, -1 to 1, got {threshold}")
        self.recogniser, self.largest, self.crops = Recogniser(model), largest, crops
        self.known, self.threshold = None, threshold
        if threshold is None:
            self.known = look_up(self.recogniser.sha256, 0.01 if far is None else far)
            self.threshold = self.known.threshold

    def look(self, photo: Path) -> np.ndarray:
        """The template of a photograph's face, float32 (D,).

        Raises:
            ValueError: it can't be read, or shows no face or several.
        """
        from facelib.door.align import align, side_to_read
        from facelib.door.photo import read_photo

        try:
            with warnings.catch_warnings(action="ignore"):  # what matters is an error, too
                image = read_photo(photo, side=side_to_read(112))
            faces = align(image)
        except ValueError as error:
            raise ValueError(f"{photo}: {error}") from error
        if not faces:
            raise ValueError(
                f"{photo}: no face was found. Take a photograph with an upright face that looks "
                "into the camera, an eighth as wide as the photograph or more"
            )
        if len(faces) > 1 and not self.largest:
            raise ValueError(
                f"{photo}: {len(faces)} faces were found. Cut it to one of them, or let --largest "
                "take the largest"
            )
        if self.crops:
            _keep(faces[0].crop, self.crops, photo.stem)
        return self.recogniser.embed(faces[0].crop[None])[0]

    def about(self) -> dict[str, Any]:
        """What its decisions rest on, for a program."""
        known = self.known._asdict() if self.known else {"threshold": self.threshold}
        return known | {"model": self.recogniser.name}

    def caveat(self) -> str:
        """How often its decisions are wrong, in words."""
        if not self.known:
            return "How often this threshold errs, `facelib evaluate MODEL FOLDER` measures."
        wrong, missed = self.known.in_words()
        far, n = 100 * self.known.far, self.known.false_accepts["n"]
        return CAVEAT.format(far=far, n=n, wrong=wrong, missed=missed)


def _keep(crop: np.ndarray, folder: Path, stem: str) -> None:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):  # nothing that is there is overwritten
        with suppress(FileExistsError), (folder / f"{stem}-{number}.png").open("xb") as file:
            return Image.fromarray(crop).save(file, "PNG")


def at_the_door(command: Callable) -> Callable:
    """Give a command the options that `Door` takes."""
    for option in reversed(DOOR):
        command = option(command)
    return command


@click.command()
@click.argument("a", type=PHOTO)
@click.argument("b", type=PHOTO)
@at_the_door
@answering
def verify(a: Path, b: Path, **options: Any) -> Answer:
    """Do photographs A and B show the same person?

    \b
    facelib verify ada.jpg unknown.jpg
    facelib verify ada.jpg unknown.jpg --far 0.01 --crops looked-at

    The exit code is 0 for the same person, 1 for different people, 2 where it can't be said: no
    photograph, no face, or several faces.
    """
    door, start = Door(**options), time.perf_counter()
    cosine = float(door.look(a) @ door.look(b))
    took, same = 1000 * (time.perf_counter() - start), cosine >= door.threshold
    words = "The same person" if same else "Not recognised as the same person"
    words += f": cosine {cosine:.3f}, threshold {door.threshold:.3f}, {took:.0f} ms.\n"
    found = {"same": same, **door.about(), "cosine": cosine, "milliseconds": took}
    return found, words + door.caveat(), not same


@click.command()
@click.argument("name")
@click.argument("photos", metavar="PHOTO...", type=PHOTO, nargs=-1, required=True)
@register_file
@click.option("--consent", is_flag=True, help="NAME has agreed; don't ask.")
@click.option("--new-person", is_flag=True, help="NAME is nobody who is enrolled; don't ask.")
@at_the_door
@answering
def enroll(
    name: str, photos: tuple[Path, ...], path: Path, consent: bool, new_person: bool, **options: Any
) -> Answer:
    """Store templates of NAME's photographs, once NAME has agreed.

    \b
    facelib enroll Ada ada-1.jpg ada-2.jpg --register people.register
    """
    import numpy as np

    from facelib.door.photo import spell
    from facelib.door.register import Register

    name, door = spell(name), Door(**options)
    model = door.recogniser.sha256
    if path.exists():
        Register.load(path, model)  # what is wrong with it is said before anything is asked
    delete = DELETE.format(name=name, path=path)
    if not (consent or _agrees(CONSENT.format(name=name, path=path, delete=delete))):
        raise PermissionError("nothing is stored without consent; a script says it by --consent")
    templates = np.stack([door.look(photo) for photo in photos])
    with Register.change(path, model) as register:
        for photo, template in zip(photos, templates, strict=True):
            other = register.find_other(name, template, door.threshold)
            if other and not new_person:
                looks = "{} looks like {!r}, who is enrolled (cosine {:.3f})".format(photo, *other)
                if not _agrees(f"{looks}. Is {name!r} somebody else?"):
                    raise ValueError(
                        f"{looks}: nothing was stored. If it is another, say --new-person"
                    )
        new = register.enroll(name, templates, consent=True)
    found = {"name": name, "new": new, "templates": register.people[name], "register": str(path)}
    words = (
        f"{new} of {len(photos)} photographs are new; {name} has {found['templates']} templates."
    )
    return found, f"{words} {delete}"


def _agrees(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # nobody is there to answer
        click.echo(err=True)
        return False


@click.command()
@click.argument("photo", type=PHOTO)
@register_file
@click.option("-k", type=click.IntRange(1), default=3, show_default=True, help="List so many.")
@at_the_door
@answering
def identify(photo: Path, path: Path, k: int, **options: Any) -> Answer:
    """Whom of the enrolled people does PHOTO show, if anybody?

    \b
    facelib identify unknown.jpg --register people.register

    The exit code is 0 for somebody known, 1 for nobody known, 2 where it can't be said.
    """
    from facelib.door.register import Register

    door = Door(**options)
    register = Register.load(path, door.recogniser.sha256)
    if not (people := len(register.people)):
        raise ValueError(f"nobody is enrolled in {path}: `facelib enroll` somebody first")
    best = register.identify(door.look(photo), k)
    name = best[0][0] if best[0][1] >= door.threshold else None
    words = [f"{name or 'Nobody known'} (threshold {door.threshold:.3f}):"]
    words += [f"  {score:6.3f}  {who}" for who, score in best]
    words += [door.caveat(), f"With {people} enrolled, a stranger has {people} chances to pass."]
    found = {"name": name, "best": [{"name": who, "cosine": score} for who, score in best]}
    return door.about() | found | {"people": people}, "\n".join(words), name is None


@click.command()
@click.argument("name")
@register_file
@answering
def forget(name: str, path: Path) -> Answer:
    """Delete all templates of NAME.

    \b
    facelib forget Ada --register people.register
    """
    from facelib.door.register import Register

    with Register.change(path) as register:
        deleted = register.forget(name)
    found = {"name": name, "deleted": deleted, "people": len(register.people)}
    return found, f"{deleted} templates of {name} are deleted from {path}."


@click.command()
@register_file
@answering
def enrolled(path: Path) -> Answer:
    """List who is enrolled.

    \b
    facelib enrolled --register people.register
    """
    from facelib.door.register import Register

    people = Register.load(path).people
    words = [f"{templates:4} templates  {name}" for name, templates in people.items()]
    return {"people": people}, "\n".join(words) or "Nobody is enrolled."
