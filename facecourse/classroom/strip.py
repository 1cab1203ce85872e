"""Hand-ins without faces: `facelib class strip` copies notebooks and leaves out their pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from facecourse.classroom.pictures import strip_notebook
from facelib import files


def find_notebooks(path: Path, out: Path | None = None) -> list[Path]:
    """A notebook, or those in a folder and in its folders, but for saved states and our copies."""
    every = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
    if path.is_dir() and out:
        every = [p for p in every if not p.resolve().is_relative_to(out.resolve())]
    every = [p for p in every if ".ipynb_checkpoints" not in p.parts]
    return [p for p in every if not p.name.endswith(".stripped.ipynb")]


def strip_file(path: Path, target: Path) -> Counter[str]:
    """Write `path` without faces to `target`; returns how much of what is left out there.

    Raises:
        OSError: it can't be read or written.
        ValueError: it is no notebook, or `target` is there already and says something else.
    """
    import nbformat

    try:
        notebook = nbformat.reads(files.read(path).decode(), nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        if notebook.nbformat != 4:
            raise ValueError(f"of format {notebook.nbformat} instead of 4")
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"it is no notebook, or damaged ({reason}); open it in Jupyter") from error
    gone = strip_notebook(notebook)
    content = nbformat.writes(notebook).encode() + b"\n"
    if target.exists() and target.read_bytes() != content:
        raise ValueError(
            f"{target} is there already and differs: move it away, or name another --out"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write(target, content)
    return gone


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of copies.")
def strip(paths: tuple[Path, ...], out: Path | None) -> None:
    """Copy notebooks without pictures that may show people: to NAME.stripped.ipynb, or into --out.

    Words, numbers, code, charts of the course and nbgrader's metadata stay; the originals are not
    touched. Names, and pixels printed as numbers, are not looked for.

    \b
    facelib class strip submitted --out without-faces
    """
    found = [(path, notebook) for path in paths for notebook in find_notebooks(path, out)]
    if not found:
        raise click.ClickException(f"no notebook in {', '.join(map(str, paths))}")
    faults = 0
    for root, path in found:
        inside = path.relative_to(root if root.is_dir() else root.parent)
        target = out / inside if out else path.with_suffix(".stripped.ipynb")
        try:
            gone = strip_file(path, target)
        except (OSError, ValueError) as error:
            click.echo(f"{path}: not copied: {error}", err=True)
            faults += 1
        else:
            said = ", ".join(f"{count} {what}" for what, count in gone.items()) or "nothing"
            click.echo(f"{path} -> {target}: removed: {said}")
    if faults:
        raise click.ClickException(f"{faults} of {len(found)} notebooks could not be copied")
