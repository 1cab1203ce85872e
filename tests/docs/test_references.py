"""Every paper that a lesson or a docstring cites stands among the references."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CITED = re.compile(
    r"(?:doi\.org/|doi:|arxiv\.org/abs/|arxiv:)((?:[^\s()\[\]\"'<>;]|\([^\s()]*\))+)", re.IGNORECASE
)


def test_every_paper_that_is_cited_stands_among_the_references():
    listed = cited((ROOT / "docs" / "references.md").read_text("utf-8"))
    sources = [*ROOT.glob("notebooks/src/*.py"), *ROOT.glob("fac*/**/*.py")]
    missing = {file.name: cited(file.read_text("utf-8")) - listed for file in sources}
    assert {name: papers for name, papers in missing.items() if papers} == {}
    assert len(listed) > 80


def cited(text: str) -> set[str]:
    """DOIs and numbers of arXiv."""
    return {paper.rstrip(".,;)").lower() for paper in CITED.findall(text)}
