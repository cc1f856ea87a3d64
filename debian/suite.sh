#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# suite.sh OUT                builds the conformance suite in OUT, with the headers of
#                             the newest linux-source that is installed
# suite.sh --install OUT DIR  puts it below DIR
set -eu

build() { # OUT
	tar=$(printf '%s\n' /usr/src/linux-source-*.tar.* | sort -V | tail -n 1)
	[ -e "$tar" ] || { echo "suite.sh: linux-source is not installed" >&2; exit 1; }
	mkdir -p "$1/linux"
	tar -xf "$tar" -C "$1/linux" --strip-components=1 --wildcards \
		'*/Makefile' '*/Kbuild*' '*/Kconfig*' '*/scripts/*' '*/include/*' \
		'*/arch/*/Makefile*' '*/arch/*/entry/*' '*/arch/*/tools/*' \
		'*/tools/testing/selftests/*.h'
	make -C selftests/conformance OUT="$PWD/$1/programs" \
		KSFT="$PWD/$1/linux/tools/testing/selftests"
}

install_suite() { # OUT DIR
	lib=$2/usr/lib/vfio-mig-tests
	install -d "$lib" "$2/usr/sbin" "$2/usr/share/man/man8"
	find "$1/programs" -maxdepth 1 -type f -perm /111 -exec install -t "$lib" {} +
	install -t "$lib" selftests/conformance/vfio-conformance \
		selftests/conformance/outlive.sh
	install -m 644 selftests/conformance/vfio-conformance.8 "$2/usr/share/man/man8"
	ln -s ../lib/vfio-mig-tests/vfio-conformance "$2/usr/sbin/vfio-conformance"
}

case ${1:-} in
--install) install_suite "$2" "$3" ;;
?*) build "$1" ;;
*) sed -n 's/^# \(suite.sh.*\)/\1/p' "$0" >&2 && exit 2 ;;
esac
