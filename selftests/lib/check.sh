#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh OUT TEST...: runs the tests as they are, under the sanitizers, and
# under valgrind where it is there; then installs the library and uses it as
# somebody else would. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")" || exit 1
OUT=$(realpath "$1")
shift
lib=../../userspace/lib
# shellcheck source=selftests/tap.sh
. "../tap.sh"

# Built for whoever checks, and installed below a directory of its own.
install_library() {
	rm -rf "${OUT:?}/root" &&
		make -s -C "$lib" OUT="$OUT/lib" PREFIX=/usr DESTDIR="$OUT/root" install
}

# What the installed pkg-config file says, seen from outside of the root.
flags() { # OPTIONS...
	PKG_CONFIG_LIBDIR=$OUT/root/usr/lib/pkgconfig:$(pkg-config --variable pc_path pkg-config) \
		PKG_CONFIG_SYSROOT_DIR=$OUT/root pkg-config "$@" libvfiomig
}

compile() { # COMPILER STANDARD LANGUAGE OUTPUT FLAGS...
	local compiler=$1 standard=$2 language=$3 output=$4
	shift 4
	"$compiler" -std="$standard" -Wall -Wextra -Wpedantic -Werror \
		-I"$OUT/root/usr/include" -x "$language" user.c -x none \
		-o "$output" "$@"
}

use_shared() { # COMPILER STANDARD LANGUAGE
	compile "$1" "$2" "$3" "$OUT/user" -L"$OUT/root/usr/lib" -lvfiomig &&
		LD_LIBRARY_PATH=$OUT/root/usr/lib "$OUT/user"
}

# Without events there is no need of libnl.
use_static() {
	compile gcc c11 c "$OUT/user" "$OUT/root/usr/lib/libvfiomig.a" && "$OUT/user"
}

pkg_config_is_right() {
	[ "$(flags --modversion)" = "$("$OUT/user")" ] &&
		flags --cflags | grep -q -- -I && flags --libs | grep -q -- -lvfiomig
}

soname_is_right() {
	readelf -d "$OUT/root/usr/lib/libvfiomig.so" |
		grep -q 'SONAME.*\[libvfiomig\.so\.0\]'
}

# The header's functions, all of them with a version, and nothing else.
exports_the_header() {
	diff <(grep -ohE '^[a-z].*\bvfiomig_[a-z0-9_]+\(' "$lib/vfiomig.h" "$lib"/vfiomig/*.h |
		grep -oE 'vfiomig_[a-z0-9_]+\(' | tr -d '(' | sort -u) \
		<(nm -D --defined-only "$OUT/root/usr/lib/libvfiomig.so" |
			sed -n 's/.* T \(.*\)@@VFIOMIG_0\.1$/\1/p' | sort -u)
}

# A static library shares the program's names: no other may be visible there.
static_names_are_ours() {
	! nm -g --defined-only "$OUT/root/usr/lib/libvfiomig.a" |
		grep -E ' [A-Z] ' | grep -v ' vfiomig_'
}

page_is_right() {
	man --warnings -l "$OUT/root/usr/share/man/man3/vfiomig.3" 2>&1 >/dev/null |
		{ ! grep .; }
}

for test; do
	echo "# $test"
	"$OUT/test_$test" || status=1
	echo "# $test, sanitized"
	"$OUT/test_$test-sanitized" || status=1
	if command -v valgrind >/dev/null; then
		echo "# $test, valgrind"
		valgrind --quiet --sim-hints=lax-ioctls --error-exitcode=99 --leak-check=full \
			--errors-for-leak-kinds=all --show-leak-kinds=all \
			"$OUT/test_$test" || status=1
	else
		echo "1..0 # SKIP valgrind is not installed"
	fi
done

tap "the library is built and installed" install_library
tap "used by C11, shared" use_shared gcc c11 c
tap "used by C++11, shared" use_shared g++ c++11 c++
tap "used by C++20, shared" use_shared g++ c++20 c++
tap "used by C11, static, without libnl" use_static
tap "pkg-config knows it" pkg_config_is_right
tap "the soname is libvfiomig.so.0" soname_is_right
tap "it exports what the header has" exports_the_header
tap "the static library has no other names" static_names_are_ours
if command -v man >/dev/null; then
	tap "the manual page is well-formed" page_is_right
fi
echo "1..$number"
exit $status
