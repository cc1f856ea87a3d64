#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# regs-doc.sh [--check]: puts the table of registers in regs.h into
# Documentation/e1000e.rst, or only says whether it is there as it should be.
set -euo pipefail
dir=$(cd "$(dirname "$0")" && pwd)
doc=$dir/../../Documentation/e1000e.rst

# "NAME offset count stride CLASS remark" of each R(), and each S() and P().
rows() {
	sed -n 's/^\tR(\([A-Z0-9_]*\), *\(0x[0-9a-f]*\), *\([0-9]*\), *\([0-9a-fx]*\), *\([A-Z]*\), *"\(.*\)").*/\1|\2|\3|\4|\5|\6/p' \
		"$dir/regs.h"
}

# The registers of a class, a line each.
class() { # CLASS
	rows | awk -F'|' -v class="$1" '$5 == class {
		name = $3 > 1 ? $1 "[" $3 "]" : $1
		printf "``%s`` %s%s\n", name, $2,
			$6 == "" ? "" : ": " $6
	}' | sed 's/^/* /'
}

# shellcheck disable=SC2016
names() { # LETTER
	grep -o "\\b$1([A-Z0-9_]*, [0-9xa-f]*, [A-Z0-9]*)" "$dir/regs.h" |
		sed 's/^.(\([A-Z0-9_]*\),.*/``\1``/' | paste -sd, | sed 's/,/, /g' |
		fold -s -w 78 | sed 's/ *$//'
}

table() {
	local pair
	for pair in "EXACT:Restored exactly" "TRICK:Restored by a trick" \
		"VIRTUAL:Answered by the driver" "BEST:Best effort"; do
		echo "${pair#*:}"
		echo "${pair#*:}" | tr -c '\n' '-'
		echo
		class "${pair%%:*}"
		echo
	done
	echo "Statistics, added up by the driver"
	echo "----------------------------------"
	echo
	names S
	echo
	echo "Registers of the PHY, written where they differ"
	echo "-----------------------------------------------"
	echo
	names P
}

whole() {
	sed '/^\.\. begin of the table/q' "$doc"
	echo
	table
	echo
	sed -n '/^\.\. end of the table/,$p' "$doc"
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
whole >"$new"
if [ "${1:-}" = --check ]; then
	diff -u "$doc" "$new"
else
	cat "$new" >"$doc"
fi
