"""Named results: a lesson records a number, and tests read it back from the executed notebook."""

import math
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from facecourse.kit.words import make_printable
from facelib import files

MIME = "application/vnd.facelib.record+json"


def record(name: str, value: float, unit: str = "") -> None:
    """Show "name: value unit", and leave the exact value in the notebook's output for tests.

    Outside IPython the line is printed.

    Args:
        name: what is measured; one value a notebook.
        value: a finite number, also a one-element tensor or array.
        unit: "%", "ms", "bytes", ...

    Raises:
        TypeError: value is not a number.
        ValueError: value is NaN or infinite, or the name is empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"a record needs a name, got {name!r}")
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, int | float):
        raise TypeError(f"record {name!r} must be a number, got {type(value).__name__} {value!r}")
    if not math.isfinite(number):
        raise ValueError(f"record {name!r} must be finite, got {number}: something went wrong")
    shown = f"{number:.4g}" if isinstance(number, float) else f"{number}"
    line = f"{name}: {shown} {unit}".rstrip()
    if not InteractiveShell.initialized():
        print(make_printable(line))
        return
    data = {"name": name, "value": number, "unit": unit}
    display({"text/plain": line, MIME: data}, raw=True)


def read_records(path: str | Path) -> dict[str, dict[str, float | str]]:
    """What an executed notebook recorded: {name: {"name": text, "value": number, "unit": text}}.

    Raises:
        OSError, ValueError: the file can't be read, or a name is recorded twice, differently.
    """
    records: dict[str, dict[str, float | str]] = {}
    for cell in files.read_json(path)["cells"]:
        for output in cell.get("outputs", []):
            if data := output.get("data", {}).get(MIME):
                known = records.setdefault(data["name"], data)
                if known != data:
                    raise ValueError(
                        f"{path} records {data['name']!r} twice, as {known['value']} and as "
                        f"{data['value']}: give the second another name"
                    )
    return records
