# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the tests beside it, which are called with the program to be tested.
#
#   tap NAME CMD..     one test
#   refuses CODE CMD.. does it end with that exit code, and words on stderr?
#   on TREE CMD..      vfio-mig on a made-up host
#   asked TREE CMD..   the same, and "no" (exit code 1) is as good as "yes"
#   plan               prints the plan; its status is that of the script
#
# Made-up hosts are below $WORK/TREE, and fresh for each script.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034
TOP=$HERE/../..
PROGRAM=$(realpath "$1")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=selftests/tap.sh
. "$HERE/../tap.sh"

plan() {
	echo "1..$number"
	exit $status
}

# A sanitizer that has found something ends with a code of its own.
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99

tree() { # NAME
	mkdir -p "$WORK/$1"
	ROOT=$WORK/$1 bash -eu "$HERE/trees/$1.sh"
}

on() { # TREE CMD...
	local tree=$1
	shift
	"$PROGRAM" --sysfs "$WORK/$tree/sys" "$@"
}

asked() { # TREE CMD...
	on "$@" || [ $? = 1 ]
}

asked_any() { # CMD..: whatever the exit code
	"$@" || true
}

code_of() { # CMD...
	"$@" >"$WORK/out" 2>"$WORK/err"
	echo $?
}

refuses() { # CODE CMD...
	local code want=$1
	shift
	code=$(code_of "$@")
	if [ "$code" = "$want" ] && [ -s "$WORK/err" ]; then return 0; fi
	echo "exit code $code"
	cat "$WORK/err"
	return 1
}

exits() { # CODE CMD...
	local code want=$1
	shift
	code=$(code_of "$@")
	[ "$code" = "$want" ] || { echo "exit code $code"; cat "$WORK/out" "$WORK/err"; return 1; }
}
