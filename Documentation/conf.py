# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: "make docs" builds build/docs/html, and any warning is an error."""
import pathlib
import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

HERE = pathlib.Path(__file__).parent
project = "vfio-mig"
author = "the vfio-mig project"
release = version = (HERE.parent / "VERSION").read_text(encoding="utf-8").strip()
extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["pictures/*", "troubleshooting.txt"]
# Comments of the uAPI are cited as they stand.
smartquotes = False
suppress_warnings = ["myst.header"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1200px", "sidebar_width": "240px", "font_size": "16px",
                      "description": "Live migration of VFIO devices"}
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html", "relations.html"]}
html_show_sourcelink = False
html_copy_source = False
PAGE = re.compile(r"^(?:Documentation/)?([\w-]+)\.(?:rst|md)$")
log = logging.getLogger(__name__)


class PagesByFile(SphinxPostTransform):
    """Pages link to each other by file name, so that links work in the source, too."""
    default_priority = 5

    def run(self, **kwargs):
        for ref in list(self.document.findall(nodes.reference)):
            found = PAGE.match(ref.get("refuri", ""))
            if not found:
                continue
            page = found.group(1)
            if page not in self.env.found_docs:
                log.warning("no page %s", ref["refuri"], location=ref)
                continue
            ref["refuri"] = self.app.builder.get_relative_uri(self.env.docname, page)


def setup(app):
    app.add_post_transform(PagesByFile)
    return {"parallel_read_safe": True}
