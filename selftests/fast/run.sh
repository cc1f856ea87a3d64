#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--jobs N] [--only NAME,..] [--suite PROGRAM] [--built DIR] [--out DIR] [--limit SEC] [KIND]: the tests
# of selftests/tests.list on a kernel that is a program; each in a machine of its
# own, N of them at a time (default: as many as there are CPUs). TAP. Needs no
# root. KIND: plain (default), memory or locks, see kernel.sh.
#
# --suite takes a program of the suite in place of the list, up to its first failure.
# A panic, and a report of the kernel in its log, is a failed test with its trace.
# The output of each test and the kernel's messages stay in build/fast/KIND/run.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

list=${FAST_LIST:-$REPO/selftests/tests.list}
# What the kernel says of a bug. A test that wants one of them takes it out of
# its own log; the list is that of the suite, and what only machines say.
reports='BUG:|WARNING:|Oops|general protection fault|UBSAN:|KASAN:|refcount_t:|possible circular locking|possible recursive locking|inconsistent lock state|suspicious RCU usage|blocked for more than|list_(add|del) corruption|Kernel panic|ODEBUG:|INFO: task|sleeping function|scheduling while atomic|kmemleak: .* suspected'

jobs=$(nproc) only='' kind='' built='' out='' limit='' suite=''
while [ $# -gt 0 ]; do
	case $1 in
	--jobs) jobs=$2 && shift ;;
	--only) only=$2 && shift ;;
	--built) built=$2 && shift ;;
	--out) out=$2 && shift ;;
	--limit) limit=$2 && shift ;;
	--suite) suite=$2 && shift ;;
	-*) lab_die "no option $1" ;;
	*) kind=$1 ;;
	esac
	shift
done
kind=${kind:-plain}
out=${out:-$FAST_BUILD/$kind/run}

# "NAME SECONDS COMMAND" of each test for this kind.
tests() {
	if [ -n "$suite" ]; then
		echo "$suite ${limit:-600} conformance/run.sh --stop --suite $suite"
		return
	fi
	awk -v kind="$kind" -v only="$only" -v limit="$limit" '
		/^#/ || NF < 4 { next }
		$2 != "all" && index("," $2 ",", "," kind ",") == 0 { next }
		only != "" && index("," only ",", "," $1 ",") == 0 { next }
		limit != "" && $3 > limit + 0 { $3 = limit }
		{ $2 = ""; print }' "$list"
}

# The first lines of what the kernel has reported.
reported() { # NAME
	tr -d '\r' <"$out/$1/console" | grep -a -E -A 30 -e "$reports" |
		grep -a -v 'vfio-conformance:' | head -n 60
}

# One more line of TAP about the machine itself, with a plan of its own.
machine_line() { # NAME STATUS
	local text="$1: the kernel has nothing to report"
	echo "1..1"
	case $2 in
	99) text="$1: the kernel ended before the test did (panic)" ;;
	124) text="$1: no end in time" ;;
	esac
	if [ "$2" != 99 ] && [ "$2" != 124 ] && [ -z "$(reported "$1")" ]; then
		echo "ok 1 - $text"
		return
	fi
	echo "not ok 1 - $text"
	{ reported "$1" || tail -n 20 "$out/$1/console"; } | sed 's/^/#   /'
}

# Runs inside xargs. A program that fails without saying so in TAP is a failure.
one() { # NAME SECONDS COMMAND...
	local name=$1 limit=$2 status=0 start=$SECONDS
	shift 2
	mkdir -p "$out/$name"
	"$FAST_DIR/uml.sh" --timeout "$limit" --out "$out/$name" \
		${built:+--built "$built"} "$kind" -- "$@" \
		>"$out/$name/output" 2>&1 || status=$?
	{
		tr -d '\r' <"$out/$name/output"
		machine_line "$name" "$status"
		if [ "$status" != 0 ] && ! grep -q '^not ok' "$out/$name/output" &&
			[ "$status" != 99 ] && [ "$status" != 124 ]; then
			printf '1..1\nnot ok 1 - %s: exit status %s\n' "$name" "$status"
		fi
		echo "# $name: $((SECONDS - start)) s"
	} >"$out/$name/tap"
	flock "$out/lock" cat "$out/$name/tap"
}

rm -rf "$out"
mkdir -p "$out"
[ -n "$built" ] || "$FAST_DIR/build.sh" "$kind"
export -f one reported machine_line
export out kind built reports FAST_DIR FAST_BUILD
[ -n "$(tests)" ] || lab_die "no test is called $only"
tests | xargs -P "$jobs" -L 1 bash -c 'one "$@"' one || :
read -r _ failed _ bad _ < <(cat "$out"/*/tap | awk -f "$REPO/selftests/tap.awk")
[ "$failed" = 0 ] && [ "$bad" = 0 ]
