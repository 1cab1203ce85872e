"""A door to try: enrol, verify, and fool it, with a camera or with people who don't exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np

from facecourse.lesson12_capstone import said
from facecourse.lesson12_capstone.door import (
    AlikeError,
    Door,
    Look,
    look,
    photograph_nobody,
    tamper,
)
from facecourse.lesson12_capstone.networks import Embedder, load_networks
from facecourse.lesson12_capstone.source import Source

FOOLING = {  # what `tamper` takes: label, least, most, step, tooltip
    "light": ("Light", -6, 3, 0.25, "In stops: each doubles the light, or halves it"),
    "turn": ("Turn", -90, 90, 5, "In degrees: to the left, or to the right if negative"),
    "cover": ("Cover", 0, 0.8, 0.05, "The share of the picture that a scarf hides, from below"),
    "paper": ("Print", 0, 1, 0.1, "A print of the photograph, ever coarser and paler; 0: none"),
}
ANYBODY = "anybody enrolled"
NOBODY = "<p>Nobody is at the door yet.</p>"
CLOSED = "A door: run this cell to open it."
RENDERED = """Two people are enrolled who don't exist, and a third picture of one is at the door. \
The threshold is for photographs; rendered people are told apart more easily."""


def open_door(models: Mapping[str, Embedder] | None = None, far: float = 0.001) -> Live:
    """A door to try; whoever is enrolled is forgotten with the kernel.

    Args:
        models: networks by name, the last one at the door first; None: the four that ship. One
            whose threshold is not known gives scores without a verdict.
        far: the false accept rate of the thresholds: 0.1, 0.01 or 0.001.
    """
    return Live(Door(load_networks() if models is None else models, far))


class Live(widgets.VBox):
    """The widgets around a `Door`."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.waiting: list[np.ndarray] = []  # cut faces that nobody has agreed to keep yet
        self.probe: Look | None = None
        self.network = widgets.ToggleButtons(
            options=list(door.networks), value=door.network, description="Network",
            tooltips=["Embed all faces anew by this network"] * len(door.networks),
            style={"button_width": "7em"},
        )  # fmt: skip
        self.network.observe(self._switch, "value")
        self.about = widgets.HTML()
        super().__init__([
            widgets.HTML(said.STYLE + said.ABOUT), self.network, self.about,
            *self._enrolling(), *self._verifying(), *self._fooling(),
        ])  # fmt: skip
        self.add_class("door")
        self._refresh()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # Where no kernel runs, and without what widgets say, which may be faces.
        still = {"text/plain": CLOSED, "text/html": f"<p><i>{CLOSED}</i></p>"}
        return super()._repr_mimebundle_() | still

    def use_nobodies(self, _: object = None) -> Live:
        """Enrol two people who don't exist; a third picture of one comes to the door."""
        self.news.value = ""
        with said.refusing(self.news):
            for name, shots in photograph_nobody().items():
                *known, self.probe = map(look, shots)
                if name not in self.door.crops:
                    # Nobody has to agree.
                    self.door.enroll(name, [shot.crop for shot in known], consent=True)
            self.news.value = said.confirm(RENDERED)
        self._refresh()
        return self

    def _enrolling(self) -> list[widgets.Widget]:
        self.faces, self.news = widgets.HTML(), widgets.HTML()
        self.consent = widgets.Checkbox(
            description="This person has read this and agrees", indent=False
        )
        self.name = widgets.Text(description="Name", placeholder="whose face it is")
        self.people = widgets.Dropdown(description="Enrolled")
        self.is_new = _button("It is somebody else", self._enroll_as_new, "Enrol all the same")
        self.is_new.layout.display = "none"
        return [
            widgets.HTML("<h3>Enrol</h3>"),
            _row(
                Source("to enrol", self._offer, self.news, several=True),
                _button("Use two people who don't exist", self.use_nobodies,
                        "Enrol two rendered people; a third picture of one comes to the door"),
            ),
            self.faces, widgets.HTML(said.CONSENT), self.consent,
            _row(
                self.name,
                _button("Enrol", self._enroll, "Keep the new faces under this name"),
                _button("Drop", self._drop, "Drop the faces that are not kept yet"),
            ),
            self.news, _row(self.is_new),
            _row(self.people, _button("Forget", self._forget, "Delete all that is kept of them")),
        ]  # fmt: skip

    def _verifying(self) -> list[widgets.Widget]:
        self.verdict = widgets.HTML().add_class("verdict")
        self.claim = widgets.Dropdown(description="Is it", options=[ANYBODY])
        self.claim.observe(self._judge, "value")
        source = Source("at the door", self._come, self.verdict, several=False)
        return [widgets.HTML("<h3>Verify</h3>"), source, self.claim, self.verdict]

    def _fooling(self) -> list[widgets.Widget]:
        self.fooled = widgets.HTML(layout=widgets.Layout(flex="1 1 24em")).add_class("fooled")
        self.sliders = {
            name: widgets.FloatSlider(
                0, min=low, max=high, step=step, description=label, tooltip=tip,
                layout=widgets.Layout(width="22em"), style={"description_width": "4em"},
            )
            for name, (label, low, high, step, tip) in FOOLING.items()
        }  # fmt: skip
        for slider in self.sliders.values():
            slider.observe(self._fool, "value")
        reset = _button("All to 0", self._reset, "As the photograph was")
        words = (
            "Whoever is at the door is photographed anew, and the face found and cut anew. Nothing "
            "here tells a face from a print of it."
        )
        return [
            widgets.HTML(f"<h3>Try to fool it</h3><p>{words}</p>"),
            _row(widgets.VBox([*self.sliders.values(), _row(reset)]), self.fooled),
        ]

    def _offer(self, content: bytes) -> None:
        self.waiting.append(look(content).crop)
        self._refresh()

    def _enroll(self, _: object, is_new: bool = False) -> None:
        self.news.value, self.is_new.layout.display = "", "none"
        name, count = self.name.value.strip(), len(self.waiting)
        with said.refusing(self.news):
            try:
                new = self.door.enroll(
                    name, self.waiting, consent=self.consent.value, is_new=is_new
                )
            except AlikeError:
                self.is_new.layout.display = None
                raise
            self.waiting, self.name.value, self.consent.value = [], "", False
            self._refresh()
            self.news.value = said.confirm(f"✔ {name} is enrolled; new faces: {new} of {count}.")

    def _enroll_as_new(self, _: object) -> None:
        self._enroll(None, is_new=True)

    def _drop(self, _: object) -> None:
        self.waiting, self.news.value, self.is_new.layout.display = [], "", "none"
        self._refresh()

    def _forget(self, _: object) -> None:
        self.news.value, name = "", self.people.value or ""
        with said.refusing(self.news):
            self.door.forget(name)
            self.news.value = said.confirm(f"{name} is forgotten.")
        self._refresh()

    def _switch(self, _: object) -> None:
        self.door.switch(self.network.value)
        self._refresh()

    def _come(self, content: bytes) -> None:
        self.probe = None
        self._judge()
        self.probe = look(content)
        self._judge()

    def _reset(self, _: object) -> None:
        for slider in self.sliders.values():
            slider.value = 0

    def _refresh(self) -> None:
        """Show the network, who is enrolled, and what both mean for whoever is at the door."""
        names, claim = list(self.door.crops), self.claim.value
        self.people.options, self.claim.options = names, [ANYBODY, *names]
        self.people.value = names[-1] if names else None
        self.claim.value = claim if claim in names else ANYBODY
        faces = [(name, crop) for name, crops in self.door.crops.items() for crop in crops]
        faces += [("not kept yet", crop) for crop in self.waiting]
        self.faces.value = "".join(
            said.show(crop, name, f"Cut face, {name}") for name, crop in faces
        )
        self.about.value = said.describe(self.door)
        self._judge()

    def _judge(self, _: object = None) -> None:
        """Say whom the face at the door shows, as it came and as it is spoilt."""
        self.verdict.value = NOBODY
        if self.probe:
            self.verdict.value = ""
            with said.refusing(self.verdict):
                self.verdict.value = self._say(self.probe)
        self._fool()

    def _fool(self, _: object = None) -> None:
        if not self.probe:
            self.fooled.value = NOBODY
            return
        amounts = {name: slider.value for name, slider in self.sliders.items()}
        view = tamper(self.probe.view, **amounts)
        done = ", ".join(
            f"{FOOLING[name][0]} {round(amount, 2) + 0:g}" for name, amount in amounts.items()
        )
        seen = said.show(
            view, "what the camera sees", f"The photograph at the door, spoilt: {done}"
        )
        try:
            self.fooled.value = seen + self._say(look(view, smallest=0.25))
        except ValueError as error:
            self.fooled.value = seen + said.warn(str(error))

    def _say(self, found: Look) -> str:
        name = "" if self.claim.value == ANYBODY else self.claim.value
        face = said.show(found.crop, "the face, cut", "The face at the door, found and cut")
        judgement = self.door.judge(found.crop, name)
        return face + said.explain(judgement, self.door, found.milliseconds, claimed=bool(name))


def _button(label: str, act: Callable[[object], None], tooltip: str) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    button.on_click(act)
    return button


def _row(*parts: widgets.Widget) -> widgets.Box:
    return widgets.Box(parts, layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
