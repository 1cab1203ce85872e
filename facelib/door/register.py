"""Who is enrolled: names and templates in one file, kept with consent and for one model only."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from facelib import files
from facelib.door.photo import read_aloud, spell

MOST = 2**26  # bytes of a file
PATIENCE = 20  # seconds for another process to end its change
SAME = 1 - 1e-6  # from this cosine on two templates are of one photograph


class Register:
    """Enrolled people. A person has a template for each photograph: an embedding of length 1.

    Templates are personal data. Photographs are not kept. A name is the same in any spelling of
    Unicode.

    Attributes: model, the SHA-256 of the network (`Recogniser.sha256`), since another one's
    embeddings can't be compared; templates, float32 (N, D); rows, of each template the name, when
    it was enrolled, and when consent was confirmed.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.templates = np.empty((0, 0), np.float32)
        self.rows: list[dict[str, str]] = []

    @property
    def people(self) -> dict[str, int]:
        """How many templates each person has, by name."""
        names = [row["name"] for row in self.rows]
        return {name: names.count(name) for name in sorted(set(names))}

    def enroll(self, name: str, templates: np.ndarray, *, consent: bool) -> int:
        """Add the templates of a person's photographs, float (M, D); return how many are new.

        Raises:
            PermissionError: no consent.
            ValueError: no name, no templates of unit length, or a photograph that is enrolled under
                another name. Nobody is enrolled then.
        """
        if not consent:
            raise PermissionError(f"{name!r} has not agreed: without consent nothing is stored")
        if not (name and name.isprintable() and name == name.strip()):
            raise ValueError(f"want a name of printed characters, got {name!r}")
        name = spell(name)
        for other in self.people:
            if other != name and read_aloud(other) == read_aloud(name):
                raise ValueError(f"{other!r} is enrolled, too like {name!r}: choose one of them")
        new: list[np.ndarray] = []
        for template in self._checked(templates):
            (twin, score), *_ = *self.identify(template), ("", -1.0)
            if score >= SAME and twin != name:
                raise ValueError(
                    f"a photograph is enrolled as {twin!r} already, got it for {name!r}: whose is "
                    "it? Leave it out, or forget the other name first"
                )
            if score < SAME and all(template @ other < SAME for other in new):
                new.append(template)
        if new:
            self.templates = np.stack([*self.templates, *new])
            today = date.today().isoformat()
            self.rows += [{"name": name, "enrolled": today, "consent": today} for _ in new]
        return len(new)

    def forget(self, name: str) -> int:
        """Drop all templates of a person (ValueError: nobody is); return how many there were."""
        name = spell(name)
        others = [place for place, row in enumerate(self.rows) if row["name"] != name]
        if not (gone := len(self.rows) - len(others)):
            known = ", ".join(self.people) or "nobody"
            raise ValueError(f"nobody is enrolled as {name!r}: there is {known}")
        self.templates, self.rows = self.templates[others], [self.rows[place] for place in others]
        return gone

    def identify(self, template: np.ndarray, k: int | None = 1) -> list[tuple[str, float]]:
        """The k people most alike (all, if None), best first, and the cosine, -1 to 1, of each
        one's most similar photograph with a template, float (D,) of length 1 (else ValueError).
        """
        if not self.rows:
            return []
        best: dict[str, float] = {}
        scores = self.templates @ self._checked(template[None])[0]
        for row, score in zip(self.rows, scores, strict=True):
            best[row["name"]] = max(float(score), best.get(row["name"], -1.0))
        return sorted(best.items(), key=lambda found: -found[1])[:k]

    def find_other(
        self, name: str, template: np.ndarray, threshold: float
    ) -> tuple[str, float] | None:
        """Of the people but this one who reach the threshold, a cosine, the one most alike, and
        their cosine; None if nobody does. Arguments and errors as in `identify`."""
        others = (found for found in self.identify(template, None) if found[0] != spell(name))
        best = next(others, None)
        return best if best and best[1] >= threshold else None

    def verify(self, name: str, template: np.ndarray) -> float:
        """The cosine of a template and the most similar one of this person; as `identify`."""
        name = spell(name)
        if name not in self.people:
            raise ValueError(f"nobody is enrolled as {name!r}: there is {', '.join(self.people)}")
        return dict(self.identify(template, None))[name]

    def save(self, path: str | Path) -> None:
        """Write all to one file, as `files.write`; a new one is for its owner's eyes only."""
        text = json.dumps({"model": self.model, "rows": self.rows})
        header = json.dumps({"about": text, "sha256": _digest(self.templates, text)})
        content = save({"templates": self.templates}, {"facelib register": header})
        files.write(path, content, mode=0o600)

    @classmethod
    def load(cls, path: str | Path, model: str | None = None) -> Register:
        """What `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged or no register, or of another model than is asked for.
        """
        data = files.read(path, "register", MOST)
        try:
            templates = load(data)["templates"]
            about = _about(data, templates)
        except (SafetensorError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{path} is damaged, or no register of facelib ({error}). It was not changed: go "
                "back to a copy of it, or enroll anew into another file"
            ) from error
        if model not in (None, about["model"]):
            raise ValueError(
                f"{path} was filled by the model with SHA-256 {about['model'][:12]}..., this one "
                f"has {model[:12]}...; their templates can't be compared. Use that model, or "
                "enroll anew into another file"
            )
        found = cls(about["model"])
        found.templates = templates
        found.rows = [row | {"name": spell(row["name"])} for row in about["rows"]]
        return found

    @classmethod
    @contextmanager
    def change(cls, path: str | Path, model: str | None = None) -> Iterator[Register]:
        """The register of a file, to be changed and, unless an error comes, saved there; no other
        process can change it meanwhile. If there is none, one begins for the model that is given.

        Raises:
            TimeoutError: another process goes on changing it.
            OSError, ValueError: as of `load` and `save`.
        """
        from filelock import FileLock, Timeout  # who only looks needs none

        path = Path(os.path.realpath(path))  # a link and its file need one lock
        if model is None or not path.parent.is_dir():
            files.read(path, "register", MOST)  # or, of all there should be, a lock would be left
        try:
            with FileLock(f"{path}.lock", PATIENCE):
                found = cls(model) if model and not path.exists() else cls.load(path, model)
                yield found
                found.save(path)
        except Timeout as error:
            raise TimeoutError(
                f"another process is changing {path}: answer what it asks, or end it, and try again"
            ) from error

    def _checked(self, templates: np.ndarray) -> np.ndarray:
        """float32 (M, D), all of length 1 and as wide as those enrolled."""
        width = self.templates.shape[1] if self.rows else "D"
        right = templates.ndim == 2 and templates.size and width in ("D", templates.shape[1])
        length = np.linalg.norm(templates, axis=1, keepdims=True) if right else np.nan
        if not np.allclose(length, 1, atol=1e-3):
            raise ValueError(
                f"want templates (M, {width}) of length 1, one or more, got {templates.shape}: "
                "take them from Recogniser.embed"
            )
        return (templates / length).astype(np.float32)


def _about(data: bytes, templates: np.ndarray) -> dict[str, Any]:
    """What stands beside the templates in a file's content, if it is as it was written."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["facelib register"])
    if header["sha256"] != _digest(templates, header["about"]):
        raise ValueError("its SHA-256 does not match")
    about = json.loads(header["about"])
    if templates.shape[0] != len(about["rows"]):
        raise ValueError("names are missing")
    return about


def _digest(templates: np.ndarray, text: str) -> str:
    shape = f"{templates.dtype} {templates.shape}".encode()
    return hashlib.sha256(shape + templates.tobytes() + text.encode()).hexdigest()
