# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of the fast tier share. Source it.
#
#   FAST_DIR, FAST_BUILD  this directory, and where everything is built
#   fast_source           prints the directory of the kernel's source
#   fast_kinds            prints the kinds of kernel that there are
#   fast_kernel KIND      prints the directory of a kernel, which it builds if
#                         the cache has none: "linux" and the build directory
#   fast_need             ends with the missing packages in words

# shellcheck source=selftests/lab/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/common.sh"

# shellcheck disable=SC2034
FAST_DIR=$REPO/selftests/fast FAST_BUILD=$REPO/build/fast

# A directory that is named by FAST_SOURCE is taken as it is.
fast_source() {
	if [ -n "${FAST_SOURCE:-}" ]; then
		printf '%s\n' "$FAST_SOURCE"
	else
		"$LAB_DIR/linux-source.sh" deep
	fi
}

fast_kinds() { echo "plain memory locks"; }

fast_kernel() { "$FAST_DIR/kernel.sh" "$1"; }

fast_have() { # PACKAGE
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

# The packages of lists that this host does not have.
fast_missing() { # LIST...
	local package
	sed '/^#/d' "$@" | while read -r package; do
		# Debian 12 has it as pkg-config.
		[ "$package" != pkgconf ] || ! command -v pkg-config >/dev/null || continue
		fast_have "$package" || echo "$package"
	done
}

# Without dpkg the build itself says what it lacks.
fast_need() {
	local missing
	command -v dpkg-query >/dev/null || return 0
	missing=$(fast_missing "$FAST_DIR/packages" | paste -sd' ')
	[ -z "$missing" ] || lab_die "packages are missing: apt-get install $missing"
}
