#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What vfio-conformance and tap.awk make of results, with programs that only
# say what they are told.
#
# Functions are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runner=$here/../conformance/vfio-conformance
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VFIO_MIG_KMSG=$work/kmsg
: >"$VFIO_MIG_KMSG"
number=0 status=0

tap() { # NAME CMD...
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/out"
		status=1
	fi
}

fake() { # PROGRAM
	cat >"$work/$1" <<-END
	#!/bin/bash
	if [ "\$1" = -l ]; then
		echo "# FIXTURE VARIANT TEST"
		echo "global"
		echo "-----"
		printf 'device  %s\n        %s\n' $1_passes $1_varies
		exit 4
	fi
	[ "\$FAKE" != hang ] || exec tail -f /dev/null
	[ "\$FAKE:\$2" != splat:states_varies ] ||
		echo '4,1,2,-;BUG: KASAN: of some kind' >>"\$VFIO_MIG_KMSG"
	[ "\$FAKE" = empty ] || echo 1..1
	case \$2:\$FAKE in
	states_varies:fail) echo 'not ok 1 x'; exit 1 ;;
	states_varies:skip) echo 'ok 1 x # SKIP not here'; exit 0 ;;
	*) echo 'ok 1 x' ;;
	esac
	END
	chmod +x "$work/$1"
}

# The runner with FAKE and options; its status is in $code.
run() { # FAKE OPTIONS...
	export FAKE=$1
	shift
	"$runner" --programs "$work" "$@" "$work" >"$work/out" 2>&1
	code=$?
}

known() { printf '%s  # it is so\n' "$@" >"$work/known"; }
says() { grep -q -x -E -e "$1" "$work/out"; }
counts() { [ "$(awk -f "$here/../tap.awk" "$work/out")" = "$1" ]; }
is() { [ "$code" = "$1" ] && says "$2" && counts "$3"; }

for program in states feature data precopy badstream transfer lifetime hostile \
	stalled dirty kvm; do
	fake $program
done

run ok
tap "all passes" is 0 'ok 2 - states: states varies' "22 0 0 0 0"
run fail
tap "one fails" is 1 'not ok 2 - states: states varies' "21 1 0 0 0"
run skip
tap "one is skipped" is 0 'ok 2 - .* # SKIP not here' "21 0 1 0 0"
known "states: states varies"
run fail --known "$work/known"
tap "a known failure is none" is 0 'not ok 2 - .* # TODO known: it is so' \
	"21 0 0 0 1"
run ok --known "$work/known"
tap "a known failure that passes is one" is 1 'not ok 2 - .*: passes, .*' \
	"21 1 0 0 0"
run skip --known "$work/known"
tap "a known failure may be skipped" is 0 'ok 2 - .* # SKIP not here' \
	"21 0 1 0 0"
known "states: states varies" "states: never heard of"
run fail --known "$work/known"
tap "a known failure without a test is one" is 1 \
	'not ok 23 - states: never heard of: .*' "21 1 0 0 1"
run splat
tap "a report of the kernel is a failure of its test" is 1 \
	'not ok 2 - states: states varies' "21 1 0 0 0"
tap "and is shown" says '#   kernel: BUG: KASAN: of some kind'
run empty --only "states passes"
tap "a program that tests nothing has failed" is 1 \
	'not ok 1 - states: states passes' "0 1 0 0 0"
run hang --only "states passes" --limit 1
tap "a program that does not end has failed" is 1 \
	'not ok 1 - states: states passes' "0 1 0 0 0"
echo "ok 1 - x # TODO y" >"$work/out"
echo "1..1" >>"$work/out"
tap "what is marked TODO and passes is a failure" counts "0 1 0 0 0"
echo "1..$number"
exit $status
