#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# list.sh lines   the lines of the list, without comments
# list.sh c       the list for C: included with VMIG_WITH_TABLES defined, the tables
#                 of all drivers too. VMIG_LAYOUTS(L) is L(TYPE, PREFIX) for each
#                 driver with tables, VMIG_CARDS(C) is C(MODULE, TYPE, VENDOR,
#                 DEVICE) for each with a card.
set -eu
dir=$(dirname "$0")

lines() { grep -v -e '^#' -e '^$' "$dir/modules.list"; }

# The type's name, as the driver has it.
type_of() { # DIRECTORY
	sed -n 's/^#define[[:space:]]*[A-Z0-9]*_TYPE_NAME[[:space:]]*//p' "$dir/$1/state.h"
}

tables() { lines | awk '$3 != "-"'; }

c_includes() {
	echo '#ifdef VMIG_WITH_TABLES'
	tables | awk '{ printf "#include \"drivers/%s/sections.h\"\n", $1 }'
	echo '#endif'
}

c_layouts() {
	printf '#define VMIG_LAYOUTS(L)'
	tables | while read -r name _ prefix _; do
		printf ' \\\n\tL(%s, %s)' "$(type_of "$name")" "$prefix"
	done
	echo
}

c_cards() {
	printf '#define VMIG_CARDS(C)'
	lines | awk '$4 != "-"' | while read -r name module _ card; do
		printf ' \\\n\tC("%s", %s, 0x%s, "%s")' "$module" \
			"$(type_of "$name")" "${card%:*}" "${card#*:}"
	done
	echo
}

case ${1:-} in
lines) lines ;;
c) c_includes && c_layouts && c_cards ;;
*) echo "usage: list.sh lines|c" >&2 && exit 2 ;;
esac
