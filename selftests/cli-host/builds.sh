#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# builds.sh: the command's sources under each compiler that is here, from -O0 to
# -O3, with sanitizers, and against musl; a warning is a failure. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")/../../userspace/cli" || exit 1
# shellcheck source=selftests/tap.sh
. ../../selftests/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compiles() { # CC CFLAGS [CPPFLAGS]
	rm -rf "$work/out"
	make -s -j2 objects OUT="$work/out" WERROR=-Werror CC="$1" CFLAGS="$2" CPPFLAGS="${3:-}"
}

# A builder of texts is one: nothing adds up lengths by itself.
no_unbounded_texts() {
	! grep -nE '\b(sprintf|vsprintf|snprintf|vsnprintf|strcpy|strcat|strncat|stpcpy)\(' \
		--include='*.c' --exclude=text.c -r .
}

# Only those who change it want warnings to be errors.
users_are_not_stopped() { ! make -n objects OUT="$work/none" | grep -e -Werror; }

all="-Wformat-truncation=1 -Wstringop-overflow"
for level in 0 1 2 3 s g; do
	tap "gcc -O$level" compiles gcc "-O$level $all"
done
tap "gcc with sanitizers" compiles gcc "-O1 -g -fsanitize=address,undefined"
if command -v clang >/dev/null; then
	for level in 0 1 2 3; do
		tap "clang -O$level" compiles clang "-O$level"
	done
	tap "clang with sanitizers" compiles clang "-O1 -g -fsanitize=address,undefined"
else
	tap_skip "clang" "it is not installed"
fi
# The libraries' headers are those of the host; the C library's are musl's.
if command -v musl-gcc >/dev/null; then
	tap "musl" compiles musl-gcc "-O2" \
		"-idirafter /usr/include -idirafter /usr/include/$(gcc -dumpmachine)"
else
	tap_skip "musl" "musl-gcc is not installed"
fi
tap "texts are built within bounds" no_unbounded_texts
tap "warnings are errors for developers alone" users_are_not_stopped
echo "1..$number"
exit $status
