# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts that test the command. Source it.
#
#   expect CODE CMD...  true if it exits with CODE; its output is in $out and
#                       $err, files in $work
#   said TEXT           was it on standard output? warned TEXT: on the other?
#   vector_bytes FILE   what a test vector stands for
#   finish              the plan, and the status

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out err=$work/err
# shellcheck source=selftests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"

expect() { # CODE CMD...
	local want=$1 got=0
	shift
	"$@" >"$out" 2>"$err" || got=$?
	[ "$got" != "$want" ] || return 0
	echo "exit code $got instead of $want: $*"
	cat "$out" "$err"
	return 1
}

found() { # FILE TEXT
	grep -qF -- "$2" "$1" && return
	echo "not there: $2"
	cat "$1"
	return 1
}

said() { found "$out" "$1"; }
warned() { found "$err" "$1"; }
# What JSON says, by a filter of jq that has to be true.
json() { jq -e "$1" "$out" >/dev/null || { echo "not so: $1"; cat "$out"; return 1; }; }

vector_bytes() {
	printf '%b' "$(sed -e 1d -e 's/#.*//' "$1" | tr -d ' \n' | sed 's/../\\x&/g')"
}

finish() {
	echo "1..$number"
	exit $status
}
