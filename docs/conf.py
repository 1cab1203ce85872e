"""How Sphinx makes the site of what tools/build_site.py lays out; names are Sphinx's own."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))

project, release = "Compact face recognition", about["version"]
author = about["authors"][0]["name"]
copyright = f"{author}, Apache License 2.0"
exclude_patterns = ["README.md"]
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
]
# A recorded result is also there as plain text, which shows.
suppress_warnings = ["mystnb.unknown_mime_type"]

nb_execution_mode = "off"
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

default_role = "literal"  # `this`, in docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
STOP = "Module, Dataset, ABC, tuple, Exception"  # what a class has from these is described there
autodoc_default_options = {"members": True, "inherited-members": STOP}
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# The page brings its formulas' script along, in one file.
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}

html_use_index = html_domain_indices = False  # the search finds more
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = [
    "site.css",
    "site.js",
    str(ROOT / "web/node_modules/mathjax/es5/tex-svg-full.js"),
]
html_favicon = "favicon.svg"
html_context = {"default_mode": "auto"}
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_theme_options = {"home_page_in_toc": True, "navbar_persistent": []}
# Lessons get buttons that open them elsewhere once the course has an address.
if repository := os.environ.get("COURSE_REPOSITORY") or citation.get("repository-code"):
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "use_repository_button": True,
        "launch_buttons": {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }


def name_language(app, page, template, context, tree):
    """Say to browsers and screen readers in which language a translation is."""
    if page.startswith("notebooks/zh/"):
        context["language"] = "zh-CN"


def setup(app):
    app.connect("html-page-context", name_language)
