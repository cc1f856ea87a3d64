#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make.sh: makes the pictures from their texts. NAME.dot (graphviz) and NAME.msc
# (mscgen) give NAME.svg, whose last line has the SHA-256 of the text and of this script, so that a
# picture that is older than its text is found without graphviz. Texts that
# follow from the code are made first. Only what has changed is made again.
set -euo pipefail
cd "$(dirname "$0")"

draw() { # TEXT
	case $1 in
	*.dot) dot -Tsvg "$1" ;;
	# mscgen writes on its lines, with a width for one font only.
	*.msc)
		mscgen -T svg -i "$1" -o - | sed -E \
			-e 's/textLength="[0-9]*" font-family="[^"]*" font-size="12"/dy="-3" font-family="sans-serif" font-size="11"/' \
			-e 's|^(<svg .*)|\1 style="background: white"|'
		;;
	esac
}

mark_of() { printf '<!-- SPDX-License-Identifier: GPL-2.0-only; made of %s, %s -->\n' "$1" "$(cat "$1" make.sh | sha256sum | cut -c1-64)"; }

for name in modules states; do
	./from-code.py "$name" >"$name.new"
	cmp -s "$name.new" "$name.dot" || cp "$name.new" "$name.dot"
	rm "$name.new"
done
for text in *.dot *.msc; do
	svg=${text%.*}.svg
	[ "$(tail -n 1 "$svg" 2>/dev/null)" != "$(mark_of "$text")" ] || continue
	draw "$text" >"$svg.new"
	mark_of "$text" >>"$svg.new"
	mv "$svg.new" "$svg"
	echo "made $svg"
done
