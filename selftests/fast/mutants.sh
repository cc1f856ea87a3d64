#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants.sh [--jobs N] [--sample N] [--only NAME,..]: puts the faults of
# mutants.list into core and vGPU, one at a time, and runs the tests until one of
# them fails. TAP: a line for each fault, ok if it is found. The first, "none",
# must not be found; one that cannot be put in is a failure. --sample N takes each
# Nth only, and not "none", which run.sh has shown. The table is in
# build/fast/mutants/table. Needs no root.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

# The suite first: what a test of any device finds is found best.
tests="suite suite-streams vgpu suite-vgpu extensions parties faults fuzz variants"
# Of one test; each takes seconds where nothing is wrong.
limit=150
jobs=$(nproc) sample=1 only=''
while [ $# -gt 0 ]; do
	case $1 in
	--jobs) jobs=$2 ;;
	--sample) sample=$2 ;;
	--only) only=$2 ;;
	*) lab_die "no option $1" ;;
	esac
	shift 2
done
out=$FAST_BUILD/mutants

mutants() {
	"$FAST_DIR/mutate.py" list | awk -v sample="$sample" -v only="$only" '
		only != "" { if (index("," only ",", "," $1 ",")) print; next }
		sample == 1 || ($1 != "none" && NR % sample == 0) { print }'
}

# The first failed test of a run, in its words.
failure() { # TAP_FILE
	grep -m 1 '^not ok' "$1" | sed -E 's/^not ok [0-9]+ -? ?//'
}

# One test, by its name in tests.list or as a program of the suite.
passes() { # TEST DIR KIND
	local what=--suite
	case $1 in
	variants) FAST_VARIANTS="no-p2p stop-copy large-page" build "$3" "$2" || return ;;
	next) FAST_VARIANTS=next build "$3" "$2" || return ;;
	esac
	! grep -q "^$1 " "$REPO/selftests/tests.list" || what=--only
	"$FAST_DIR/run.sh" --jobs 1 "$what" "$1" --limit "$limit" --built "$2" \
		--out "$2/run-$1" "$3" >"$2/tap" 2>&1
}

# Prints "TEST: WORDS" of the first test that fails, nothing if none does.
find_it() { # NAME DIR KIND
	local test
	for test in $("$FAST_DIR/mutate.py" by "$1") $tests; do
		passes "$test" "$2" "$3" && continue
		printf '%s: %s\n' "$test" "$(failure "$2/tap")"
		return
	done
}

prepare() { # NAME KIND DIR
	mkdir -p "$3/source/drivers"
	rsync -rlpc --delete "$REPO/include" "$REPO/Kbuild" "$3/source/"
	rsync -rlpc --delete "$REPO/drivers/vfio-mig" "$REPO/drivers/vgpu" \
		"$REPO/drivers/modules.list" "$REPO/drivers/list.sh" "$3/source/drivers/"
	"$FAST_DIR/mutate.py" apply "$1" "$3/source" || return
	FAST_VARIANTS='' build "$2" "$3"
}

build() { # KIND DIR
	FAST_JOBS=1 "$FAST_DIR/build.sh" "$1" "$2/source" "$2"
}

# "ok NAME KIND HOW" or "not NAME KIND WHY". A slot is a worker's directory.
one() { # NAME KIND
	local name=$1 kind=$2 dir=$out/slot-$SLOT-$2 text found start=$SECONDS verdict=ok
	mkdir -p "$dir"
	if ! text=$(prepare "$name" "$kind" "$dir" 2>&1); then
		verdict=not found="cannot be put in: $(tail -n 1 <<<"$text")"
	else
		found=$(find_it "$name" "$dir" "$kind")
		case $name/${found:+found} in
		none/) found="nothing fails" ;;
		none/found) verdict=not found="fails without a fault: $found" ;;
		*/) verdict=not found="not found" ;;
		esac
	fi
	echo "$verdict $name $kind $((SECONDS - start)) s $found" | tee -a "$out/table" | sed "s/^/# /" >&2
}

# Workers take the next one; SLOT is theirs.
worker() { # SLOT
	local name kind
	SLOT=$1
	while { flock 8; read -r name kind <&7; flock -u 8; [ -n "${name:-}" ]; }; do
		one "$name" "$kind" 7<&- 8<&-
	done
}

rm -rf "$out"
mkdir -p "$out"
mutants >"$out/todo"
[ -s "$out/todo" ] || lab_die "no fault is called $only"
for kind in $(fast_kinds); do
	! grep -q " $kind$" "$out/todo" || "$FAST_DIR/build.sh" "$kind"
done
exec 7<"$out/todo"
for ((slot = 0; slot < jobs; slot++)); do
	(exec 8>"$out/lock" && worker "$slot") &
done
wait
number=0 status=0
echo "1..$(wc -l <"$out/todo")"
while read -r name kind; do
	number=$((number + 1))
	line=$(grep -m 1 -E "^(ok|not) $name " "$out/table" || echo "not $name $kind 0 s no result")
	read -r verdict _ _ _ _ text <<<"$line"
	what="$name ($("$FAST_DIR/mutate.py" words "$name"))"
	if [ "$verdict" = ok ]; then
		echo "ok $number - $what: $kind, $text"
	else
		echo "not ok $number - $what: $kind, $text"
		status=1
	fi
done <"$out/todo"
exit $status
