#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pages.sh: the documents become HTML without a warning, each is reached from the
# index, and no link leads nowhere, in HTML and in the source. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1

builds() { quiet sphinx-build -q -n -W --keep-going -b html Documentation "$WORK/html"; }

# A page that is in no table of contents is a warning of Sphinx.
has_page() { # NAME
	[ -s "$WORK/html/$1.html" ] || { ls "$WORK/html"; return 1; }
}

# "FILE: TARGET" of each relative link in the sources that names no file.
dead_links() {
	local file target
	while read -r file; do
		while read -r target; do
			[ -e "$(dirname "$file")/$target" ] || printf '%s: %s\n' "$file" "$target"
		done < <(grep -oE '\]\([^)#: ]+\)|<[a-z0-9-]+\.(rst|md)>`__|^\.\. image:: [^ ]+' "$file" |
			sed -E 's/^\]\((.*)\)$/\1/; s/^<(.*)>`__$/\1/; s/^\.\. image:: //')
	done < <(git ls-files '*.rst' '*.md'; git ls-files --others --exclude-standard '*.rst' '*.md')
}

fits_a_screen() { # FILE
	[ "$(wc -l <"$1")" -le 50 ]
}

# The python that Sphinx runs by may be another than the first in the path.
sphinx_is_there() {
	local python
	command -v sphinx-build >/dev/null || return 1
	python=$(sed -n '1s/^#! *//p' "$(command -v sphinx-build)")
	$python -c 'import myst_parser' 2>/dev/null
}

tap "README fits a screen" fits_a_screen README.md
tap "no link in the source leads nowhere" quiet dead_links
if sphinx_is_there; then
	tap "pages are built without a warning" builds
	for page in index operator vmm driver-author troubleshooting glossary; do
		tap "there is a page $page" has_page "$page"
	done
	tap "no link of a page leads nowhere" quiet "$HERE/links.py" "$WORK/html"
else
	tap_skip "pages are built without a warning" "python3-sphinx, python3-myst-parser"
fi
plan
