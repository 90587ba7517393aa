"""Sphinx configuration of the documentation site: `make docs` builds it into `build/docs/`."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "Deep learning, auto-graded"
release = installed_version("deep-learning-autograder")
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.graphviz",
    "sphinx_design",
    "extensions.command_line",
    "extensions.docstrings",
    "extensions.import_layers",
    "extensions.mathml",
    "extensions.result_form",
]
exclude_patterns = ["extensions"]
source_suffix = {".md": "markdown"}

# Headings down to level 4 can be linked to as GitHub links to them.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "dollarmath"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# A reference that leads nowhere is a warning, and `make docs` treats warnings as errors.
nitpicky = True
nitpick_ignore_regex = [
    # Other projects' types: their inventories would have to be fetched, and the build uses no network.
    (r"py:.*", r"(np|numpy|ndarray|jaxtyping|collections|contextlib|pathlib|typing)(\..*)?"),
    # Its page is made from the JSON Schema.
    (r"py:class", r"autograder\.results\.form\.Result"),
    # A type variable, not a class.
    (r"py:class", r"autograder\.authoring\.challenges\.Item"),
]

# Typographic quotes, but no dashes: `--out` is an option.
smartquotes_action = "qe"
html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# The buttons would link to a repository, which the project does not name.
html_theme_options = {"top_of_page_buttons": []}
html_math_renderer = "mathml"
graphviz_output_format = "svg"
