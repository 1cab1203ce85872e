"""How somebody is seen: the numbers that change from photograph to photograph."""

import torch

from facelib.synth.factors import Choice, Factor, Factors, draw

NUISANCE = {
    # Pose.
    "yaw": Factor(-50.0, 50.0, "degrees, the face turns to the image's right", usual=(-32.0, 32.0)),
    "pitch": Factor(-20.0, 20.0, "degrees, looks up", usual=(-13.0, 13.0)),
    "roll": Factor(-30.0, 30.0, "degrees, the head leans to the image's right", usual=(-6.0, 6.0)),
    # An aligner cuts at 1.25; 1 shows the hair and the neck.
    "scale": Factor(0.6, 1.6, "size, 1.25 as aligners cut", usual=(0.95, 1.38)),
    "shift_x": Factor(-0.3, 0.3, "to the right, in half widths of the image", usual=(-0.08, 0.08)),
    "shift_y": Factor(-0.3, 0.3, "down, in half heights of the image", usual=(-0.08, 0.08)),
    "distance": Factor(0.3, 3.0, "metres to the camera", usual=(0.5, 1.5)),
    # Expression.
    "smile": Factor(-1.0, 1.0, "from a frown to a broad smile", usual=(-0.3, 1.0)),
    "mouth_open": Factor(0.0, 1.0, "how far the mouth is open"),
    "teeth": Factor(0.0, 1.0, "how far a smile parts the lips"),
    "pucker": Factor(-1.0, 1.0, "from pressed to pursed lips"),
    "squint": Factor(0.0, 1.0, "how far the lids are narrowed"),
    "blink": Factor(0.0, 1.0, "how far the eyes are closed"),
    "brow_raise": Factor(-1.0, 1.0, "from lowered to raised brows"),
    "gaze_x": Factor(-1.0, 1.0, "the eyes look to the right of the image"),
    "gaze_y": Factor(-1.0, 1.0, "the eyes look down"),
    # Light.
    "azimuth": Factor(-90.0, 90.0, "degrees, light from the image's right", usual=(-85.0, 85.0)),
    "elevation": Factor(-30.0, 80.0, "degrees, the light comes from above", usual=(-5.0, 60.0)),
    "ambient": Factor(0.0, 1.0, "share of the light that is from everywhere", usual=(0.15, 0.75)),
    "warmth": Factor(-1.0, 1.0, "colour of the light, from blue to orange"),
    # Surroundings.
    "back_tone": Factor(0.0, 1.0, "brightness of the background"),
    "back_hue": Factor(0.0, 1.0, "its hue, once around the colour circle"),
    "back_colour": Factor(0.0, 1.0, "its saturation"),
    "back_slope_x": Factor(-1.0, 1.0, "its gradient to the right"),
    "back_slope_y": Factor(-1.0, 1.0, "its gradient down"),
    "back_clutter": Factor(0.0, 1.0, "things seen in it"),
    "back_place": Factor(0.0, 1.0, "where its pattern is cut from the noise"),
    "cloth_tone": Factor(0.0, 1.0, "brightness of the clothes"),
    "cloth_hue": Factor(0.0, 1.0, "their hue"),
    "collar": Factor(0.0, 1.0, "from a high collar to a deep neckline"),
    "stripes": Factor(0.3, 1.0, "stripes on the clothes", 0.35),
    "hair_day": Factor(-1.0, 1.0, "how the hair lies today"),
    # Camera.
    "exposure": Factor(-2.0, 2.0, "stops", usual=(-0.4, 0.7)),
    "contrast": Factor(0.5, 1.5, "slope of the tone curve", usual=(0.95, 1.45)),
    "blur": Factor(0.0, 4.0, "standard deviation in 64ths of the image", usual=(0.25, 0.8)),
    "noise": Factor(0.0, 0.2, "standard deviation, of the full range", usual=(0.0, 0.006)),
    "noise_place": Factor(0.0, 1.0, "where it is cut from the white noise"),
    "vignette": Factor(0.0, 1.0, "darkening of the corners", usual=(0.0, 0.4)),
    # Things in front of the face.
    "glasses": Factor(-1.0, 1.0, "-1 without, 0 as the person has them, 1 with"),
    "hat": Factor(0.0, 1.0, "a hat, its brim as wide as this", 0.06),
    "hat_y": Factor(0.15, 0.5, "from the eyes up to its edge"),
    "mask": Factor(0.0, 1.0, "a mask; 1 covers the nose, 0.5 the mouth", usual=(0.0, 0.0)),
    "block": Factor(0.0, 1.0, "side of a square in front, in image widths", usual=(0.0, 0.0)),
    "block_x": Factor(-1.0, 1.0, "its middle, to the right, in half widths of the image"),
    "block_y": Factor(-1.0, 1.0, "its middle, down"),
}
# Straight into the camera, at rest.
FRONTAL = {"scale": 1.25} | dict.fromkeys(
    ("yaw", "pitch", "roll", "shift_x", "shift_y", "smile", "mouth_open", "pucker", "squint",
     "blink", "brow_raise", "hat"),
    0.0,
)  # fmt: skip


def nuisances(n: int, seed: int | torch.Generator = 0, **choices: Choice) -> Factors:
    """n photographs of the world, as an aligner cuts them: rows of the factors in NUISANCE.

    `nuisances(9, yaw=torch.linspace(-40, 40, 9), blink=0)`. Nobody wears a mask and nothing blocks
    the view unless asked for. Arguments and errors as in `factors.draw`.
    """
    return draw(NUISANCE, n, seed, choices, _rarely)


def _rarely(p: dict[str, torch.Tensor]) -> None:
    """Closed eyes and open mouths are rare; most people keep their glasses on."""
    p["blink"] = torch.maximum(0.12 * p["blink"], ((p["blink"] - 0.92) * 12).clamp(0, 1))
    p["mouth_open"] = ((p["mouth_open"] - 0.85) / 0.15).clamp(min=0)
    p["pucker"] = p["pucker"] ** 3
    p["squint"] = ((p["squint"] - 0.7) * 3).clamp(0, 1)
    p["glasses"] = torch.where(p["glasses"] < -0.8, -1.0, 0.0)
    p["brow_raise"] = p["brow_raise"] ** 3
    p["back_colour"] = p["back_colour"] ** 2 * 0.4
