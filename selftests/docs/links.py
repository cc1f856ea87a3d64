#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""links.py DIR: prints each link and image of the HTML pages in DIR that leads nowhere."""
import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key in ("id", "name") and value:
                self.names.add(value)
            if key in ("href", "src") and value:
                self.links.append(value)


def main(top):
    pages = {p.resolve(): Page(p) for p in pathlib.Path(top).rglob("*.html")}
    for path, page in sorted(pages.items()):
        for link in page.links:
            url = urllib.parse.urlparse(link)
            if url.scheme or url.netloc:
                continue
            file = (path.parent / urllib.parse.unquote(url.path)).resolve() if url.path else path
            name = urllib.parse.unquote(url.fragment)
            if not file.exists() or (name and file in pages and name not in pages[file].names):
                print(f"{path.name}: {link}")


main(sys.argv[1])
