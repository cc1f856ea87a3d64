#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lab.sh SECONDS [KVER [SEED]]: fuzzes streams and ioctls in a lab machine for
# that long, and tells how many executions there were. With the deep kernel it
# also tells how much of our modules' code was reached: the compiler has put a
# call at each branch, and KCOV notes which of them came to pass.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/../lab/common.sh"

seconds=${1:-}
kver=${2:-deep}
seed=${3:-$RANDOM}
[ -n "$seconds" ] || lab_die "usage: lab.sh SECONDS [KVER [SEED]]"
out=$REPO/build/fuzz-lab

# Offsets behind each call into KCOV in .text: the addresses that it notes.
points() { # MODULE
	objdump -r -j .text "$REPO/build/$kver/out/$1.ko" |
		awk '/__sanitizer_cov_trace_pc/ { print $1 }' |
		while read -r at; do echo $((0x$at + 4)); done | sort -u
}

# Offsets in a module's text of the addresses that were seen.
seen() { # BASE
	local pc
	sort -u "$out"/*.pcs | while read -r pc; do echo $((pc - $1)); done |
		sort -u
}

coverage() {
	local module base
	while read -r module base; do
		points "$module" >"$out/$module.points"
		seen "$base" | comm -12 - "$out/$module.points" >"$out/$module.seen"
		echo "# coverage of $module: $(wc -l <"$out/$module.seen") of $(wc -l <"$out/$module.points") points"
		unreached "$module"
	done <"$out/modules"
}

# Which functions no input came to at all.
unreached() { # MODULE
	local name
	name=$REPO/build/$kver/out/$1.ko
	objdump -t -j .text "$name" | awk '
		$3 == "F" && $NF !~ /\.cold|^_sub_|^__/ { print $1, $NF }' | sort |
		while read -r at function; do echo "$((0x$at)) $function"; done |
		awk -v seen="$out/$1.seen" -v all="$out/$1.points" '
			{ at[NR] = $1; name[NR] = $2; n = NR }
			function owner(pc, i) {
				for (i = n; i && at[i] >= pc; i--)
					;
				return name[i]
			}
			END {
				while ((getline pc <seen) > 0)
					hit[owner(pc + 0)] = 1
				while ((getline pc <all) > 0)
					if (!hit[o = owner(pc + 0)]++)
						text = text " " o
				if (text)
					print "# not reached:" text
			}'
}

"$LAB_DIR/build.sh" "$kver"
"$LAB_DIR/programs.sh"
rm -rf "$out"
status=0
"$LAB_DIR/run.sh" --kernel "$kver" --timeout $((seconds + 300)) --out "$out" -- \
	/lab/selftests/fuzz/lab/in-guest.sh "$seconds" "$seed" || status=$?
if [ -n "$(cat "$out"/*.pcs 2>/dev/null)" ]; then
	coverage
else
	echo "# no coverage: kernel $kver has no KCOV"
fi
exit $status
