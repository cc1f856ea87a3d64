# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Steps of a check and their sum, for check.sh and check-deep.sh. Source it with
# the names of the wanted steps as arguments, none for all.
#
#   step NAME CMD..    a step that prints TAP
#   single NAME CMD..  a step that is one test by itself
#   fail TEXT          one more failed test
#   guest KVER SEC     what runs in a machine with that kernel
#   finish             prints the sum; true if there is no failure

# shellcheck source=selftests/lab/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab/common.sh"

passed=0 failed=0 skipped=0 known=0
steps=("$@")

# One more failed test, of the harness itself.
fail() {
	echo "not ok - $1"
	failed=$((failed + 1))
}

wanted() {
	local step
	[ ${#steps[@]} -gt 0 ] || return 0
	for step in "${steps[@]}"; do
		[ "$step" != "$1" ] || return 0
	done
	return 1
}

# A step that prints TAP. Statuses above 98 are the lab's own (see run.sh).
step() { # NAME CMD...
	local name=$1 status=0 start=$SECONDS log p f s bad k
	shift
	wanted "$name" || return 0
	log=$REPO/build/check-$name.log
	echo "# === $name"
	"$@" 2>&1 | tee "$log" || status=$?
	read -r p f s bad k < <(tr -d '\r' <"$log" | awk -f "$REPO/selftests/tap.awk")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	known=$((known + k))
	if [ "$status" -ge 99 ] || { [ "$status" -ne 0 ] && [ "$f" = 0 ]; }; then
		fail "$name: exit status $status"
	fi
	[ "$bad" = 0 ] || fail "$name: the TAP plan is missing or not fulfilled"
	echo "# === $name: $p passed, $f failed, $s skipped, $k known to fail, $((SECONDS - start)) s"
}

# A step that is one test by itself.
single() { # NAME CMD...
	local name=$1
	shift
	step "$name" one_test "$name" "$@"
}

one_test() { # NAME CMD...
	local name=$1
	shift
	echo "1..1"
	if "$@"; then echo "ok 1 - $name"; else echo "not ok 1 - $name"; fi
}

# Options go to the suite.
guest() { # KVER SECONDS [OPTIONS...]
	LAB_BUILD_NAME=$1-downstream "$LAB_DIR/build.sh" "$1" \
		KCFLAGS=-DVGPU_DOWNSTREAM=1 || return
	LAB_BUILD_NAME=$1-old "$LAB_DIR/build.sh" "$1" \
		KCFLAGS=-DVGPU_NEWEST_MINOR=0 || return
	"$LAB_DIR/run.sh" --kernel "$1" --timeout "$2" --env "SUITE_OPTIONS=${*:3}" \
		--share "build/$1-downstream/out=modules-downstream" \
		--share "build/$1-old/out=modules-old" -- \
		/lab/selftests/lab/in-guest-check.sh
}

finish() {
	echo "# $SECONDS s in all, $known known to fail"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
