"""Commands that compare photographs: verify, enroll, identify, forget, enrolled. None needs PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facelib.app.answers import as_json, refusing, say

if TYPE_CHECKING:
    import numpy as np

    from facelib.door.align import Face

FAR = 0.001
PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)
register_file = click.option(
    "--register", "path", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="The file that holds names and templates.",
)  # fmt: skip
DELETE = "Delete it by `facelib forget {name!r} --register {path}`, or with the file."


class Door:
    """A network and its threshold, before which photographs are held.

    Attributes: recogniser; threshold, a cosine; known, what `thresholds.look_up` says of it, None
    where the user gave it.
    """

    def __init__(
        self, model: Path | None, far: float | None, threshold: float | None, largest: bool,
        crops: Path | None,
    ) -> None:  # fmt: skip
        from facelib.door import thresholds
        from facelib.door.recogniser import Recogniser

        if far is not None and threshold is not None:
            raise ValueError("--far chooses a threshold and --threshold gives one: leave one out")
        if threshold is not None and not -1 <= threshold <= 1:
            raise ValueError(f"--threshold is a cosine, -1 to 1, got {threshold}")
        self.recogniser, self.largest, self.crops = Recogniser(model), largest, crops
        self.known = None
        if threshold is None:
            rate = FAR if far is None else far
            self.known = thresholds.look_up(self.recogniser.sha256, rate)
        self.threshold = self.known.cosine if self.known else threshold

    def look(self, photo: Path) -> tuple[Face, np.ndarray]:
        """The face of a photograph and its template, float32 (D,).

        Raises:
            ValueError: it can't be read, or shows no face or several.
        """
        from facelib.door.align import align
        from facelib.door.detect import SMALLEST
        from facelib.door.photo import read_photo

        try:
            # In so many pixels the smallest face has as many as its crop.
            faces = align(read_photo(photo, side=round(112 / SMALLEST)))
        except ValueError as error:
            raise ValueError(f"{photo}: {error}") from error
        if not faces:
            raise ValueError(
                f"{photo}: no face was found. Take a photograph with a face that looks into the "
                "camera, upright, an eighth as wide as the photograph or more"
            )
        if len(faces) > 1 and not self.largest:
            raise ValueError(
                f"{photo}: {len(faces)} faces were found. Cut it to one of them, or let --largest "
                "take the largest"
            )
        if self.crops:
            self._keep(photo, faces[0].crop)
        return faces[0], self.recogniser.embed(faces[0].crop[None])[0]

    def _keep(self, photo: Path, crop: np.ndarray) -> None:
        from PIL import Image

        self.crops.mkdir(parents=True, exist_ok=True)
        for number in count(1):  # nothing that is there is overwritten
            path = self.crops / f"{photo.stem}-{number}.png"
            with suppress(FileExistsError), path.open("xb") as file:
                return Image.fromarray(crop).save(file, "PNG")

    def about(self) -> dict[str, Any]:
        """What a decision rests on, for a program."""
        measured = self.known._asdict() if self.known else {"cosine": self.threshold, "far": None}
        return {"threshold": measured.pop("cosine"), **measured, "model": self.recogniser.name}

    def caveat(self) -> str:
        """How often its decisions are wrong, in words."""
        if not self.known:
            return (
                "How often this threshold errs is not known here: `facelib evaluate` measures it."
            )
        wrong, missed = (
            f"{100 * rate['value']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
            for rate in (self.known.false_accepts, self.known.false_rejects)
        )
        pairs = self.known.false_accepts["n"]
        return (
            f"This threshold was chosen so that {100 * self.known.far:g} % of pairs of two people "
            f"pass for one.\nOn {pairs:,} other pairs (LFW, photographs of the press) {wrong} did, "
            f"and of {pairs:,} pairs of one person it\nfailed to recognise {missed}. This network "
            "is a teaching example: decide nothing about anybody by it."
        )


def at_the_door(command: Callable) -> Callable:
    """Give a command the options of `Door`, and `door` made of them."""

    @wraps(command)
    def run(
        model: Path | None, far: float | None, threshold: float | None, largest: bool,
        crops: Path | None, **options: Any,
    ) -> None:  # fmt: skip
        command(door=Door(model, far, threshold, largest, crops), **options)

    options = (
        click.option("--model", type=PHOTO, help="An ONNX file; else the network that ships."),
        click.option("--far", type=float, help=f"False accept rate: 0.1, 0.01 or {FAR}, the default."),
        click.option("--threshold", type=float, help="A cosine, in place of --far."),
        click.option("--largest", is_flag=True, help="Of several faces take the largest."),
        click.option("--crops", type=click.Path(file_okay=False, path_type=Path),
                     help="Save what was cut out into this folder; look at it."),
    )  # fmt: skip
    for option in (as_json, *reversed(options)):
        run = option(run)
    return run


@click.command()
@click.argument("a", type=PHOTO)
@click.argument("b", type=PHOTO)
@refusing
@at_the_door
def verify(a: Path, b: Path, door: Door, as_json: bool) -> None:
    """Do photographs A and B show the same person?

    \b
    facelib verify ada.jpg unknown.jpg
    facelib verify ada.jpg unknown.jpg --far 0.01 --crops looked-at

    The exit code is 0 for the same person, 1 for different people, 2 where it can't be said: no
    photograph, no face, or several faces.
    """
    start = time.perf_counter()
    (one, code), (other, second) = door.look(a), door.look(b)
    cosine = float(code @ second)
    took, same = 1000 * (time.perf_counter() - start), cosine >= door.threshold
    found = {
        "same": same, "cosine": cosine, **door.about(), "milliseconds": took,
        "faces": [{"file": str(file), "box": face.box.tolist(), "score": face.score}
                  for file, face in ((a, one), (b, other))],
    }  # fmt: skip
    words = "The same person" if same else "Not recognised as the same person"
    values = f"cosine {cosine:.3f}, threshold {door.threshold:.3f}, {took:.0f} ms"
    say(found, f"{words}: {values}.\n{door.caveat()}", as_json)
    raise SystemExit(not same)


@click.command()
@click.argument("name")
@click.argument("photos", metavar="PHOTO...", type=PHOTO, nargs=-1, required=True)
@register_file
@click.option("--consent", is_flag=True, help="NAME has agreed; don't ask.")
@click.option("--new-person", is_flag=True, help="NAME is somebody else than they look like.")
@refusing
@at_the_door
def enroll(
    name: str, photos: tuple[Path, ...], path: Path, consent: bool, new_person: bool, door: Door,
    as_json: bool,
) -> None:  # fmt: skip
    """Store templates of NAME's photographs, once NAME has agreed.

    \b
    facelib enroll Ada ada-1.jpg ada-2.jpg --register people.register
    """
    from facelib.door.photo import spell
    from facelib.door.register import Register

    name, model = spell(name), door.recogniser.sha256
    register = Register.load(path, model) if path.exists() else Register(model)
    asked = (
        f"Of each photograph some numbers (a template) are stored in {path}, on this machine,\nwith "
        f"the name {name!r} and today's date; the photographs are not. A template is personal data: "
        f"a face\ncan be drawn from it. {DELETE.format(name=name, path=path)}\nHas {name} agreed?"
    )
    if not (consent or _agrees(asked)):
        raise PermissionError("nothing is stored without consent; in a script, say it by --consent")
    templates = [door.look(photo)[1] for photo in photos]
    for photo, template in zip(photos, templates, strict=True):
        alike = [(who, score) for who, score in register.identify(template, None) if who != name]
        if alike and alike[0][1] >= door.threshold and not new_person:
            who, score = alike[0]
            looks = f"{photo} looks like {who!r}, who is enrolled (cosine {score:.3f})"
            if not _agrees(f"{looks}. Is {name!r} somebody else?"):
                raise ValueError(
                    f"{looks}: nothing was stored. Enroll it as {who!r}, or say --new-person"
                )
    import numpy as np

    new = register.enroll(name, np.stack(templates), consent=True)
    register.save(path)
    found = {"name": name, "new": new, "templates": register.people[name], "register": str(path)}
    again = f" ({len(photos) - new} were there already)" if new < len(photos) else ""
    words = f"{new} new templates of {name}{again}, {register.people[name]} in all."
    say(found, f"{words} {DELETE.format(name=name, path=path)}", as_json)


def _agrees(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # nobody is there to answer
        return False


@click.command()
@click.argument("photo", type=PHOTO)
@register_file
@click.option("-k", type=click.IntRange(1), default=3, show_default=True, help="How many to list.")
@refusing
@at_the_door
def identify(photo: Path, path: Path, k: int, door: Door, as_json: bool) -> None:
    """Whom of the enrolled people does PHOTO show, if anybody?

    \b
    facelib identify door.jpg --register people.register

    The exit code is 0 for somebody known, 1 for nobody known, 2 where it can't be said.
    """
    from facelib.door.register import Register

    register = Register.load(path, door.recogniser.sha256)
    if not (people := len(register.people)):
        raise ValueError(f"nobody is enrolled in {path}: `facelib enroll` somebody first")
    best = register.identify(door.look(photo)[1], k)
    name = best[0][0] if best[0][1] >= door.threshold else None
    found = {"name": name, "best": [{"name": who, "cosine": score} for who, score in best]}
    listed = "\n".join(f"  {score:6.3f}  {who}" for who, score in best)
    words = f"{name or 'Nobody known'}: threshold {door.threshold:.3f}, the best of {people} people"
    more = f" Among {people} people a stranger finds up to {people} times as many doubles." * (
        people > 1
    )
    say(found | door.about(), f"{words}:\n{listed}\n{door.caveat()}{more}", as_json)
    raise SystemExit(name is None)


@click.command()
@click.argument("name")
@register_file
@as_json
@refusing
def forget(name: str, path: Path, as_json: bool) -> None:
    """Delete all templates of NAME.

    \b
    facelib forget Ada --register people.register
    """
    from facelib.door.photo import spell
    from facelib.door.register import Register

    register = Register.load(path)
    gone = register.forget(spell(name))
    register.save(path)
    found = {"name": name, "deleted": gone, "people": len(register.people)}
    say(found, f"{gone} templates of {name} are deleted from {path}.", as_json)


@click.command()
@register_file
@as_json
@refusing
def enrolled(path: Path, as_json: bool) -> None:
    """List who is enrolled.

    \b
    facelib enrolled --register people.register
    """
    from facelib.door.register import Register

    register = Register.load(path)
    since = {row["name"]: row["enrolled"] for row in reversed(register.rows)}
    people = [
        {"name": name, "templates": number, "since": since[name]}
        for name, number in register.people.items()
    ]
    words = [f"{one['templates']:4}  since {one['since']}  {one['name']}" for one in people]
    found = {"people": people, "model": register.model}
    say(found, "\n".join(words) or "Nobody is enrolled.", as_json)
