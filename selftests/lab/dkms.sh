#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.sh: dkms builds and installs the modules for the kernels of the lab's tree,
# as it does on a host, and leaves a kernel out that is too old. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

work=$REPO/build/dkms
inside=/src/build/dkms

dkms() { # COMMAND ARGS...
	lab_chroot dkms "$@" --dkmstree "$inside/dkms" --sourcetree "$inside/src" \
		--installtree "$inside/lib" --no-depmod
}

sources() {
	rm -rf "$work"
	mkdir -p "$work/dkms" "$work/src/vfio-mig-$version" "$work/lib"
	git -C "$REPO" ls-files -z Kbuild dkms.conf drivers include |
		(cd "$REPO" && xargs -0 cp --parents -t "$work/src/vfio-mig-$version")
}

modules_of() { # KERNEL
	find "$work/lib/$1" -name '*.ko*' 2>/dev/null | sed 's|.*/||; s|\.ko.*||' | sort
}

every_module() { "$REPO/drivers/list.sh" lines | awk '{ print $2 }' | sort; }

# dkms takes a kernel without a directory for no kernel.
installs() { # KERNEL
	mkdir -p "$work/lib/$1"
	dkms install "vfio-mig/$version" -k "$1" --kernelsourcedir "/lib/modules/$1/build" || return 1
	diff <(every_module) <(modules_of "$1")
}

# The kernel's own installation goes on: it calls autoinstall.
leaves_out() { # KERNEL HEADERS
	local said status=0
	said=$(dkms autoinstall -k "$1" --kernelsourcedir "$2" 2>&1) || status=$?
	printf '%s\n' "$said"
	[ "$status" = 0 ] && [ -z "$(modules_of "$1")" ] &&
		grep -q 'this kernel lacks what the modules need' <<<"$said"
}

"$LAB_DIR/image.sh"
lab_roles
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$REPO/dkms.conf")
tap "dkms takes the sources" sources
tap "dkms add" dkms add "vfio-mig/$version"
for role in $LAB_KERNELS; do
	kernel=$(lab_kver "$role")
	tap "dkms installs all modules for $role" installs "$kernel"
done
old=$(awk '$NF == "refused" { print $2; exit }' "$REPO/build/headers" 2>/dev/null || :)
if [ -n "$old" ]; then
	tap "a kernel that is too old is left out" leaves_out "$old" \
		"/cache/headers/usr/src/linux-headers-$old"
else
	tap_skip "a kernel that is too old is left out" "headers.sh has found none"
fi
rm -rf "$work"
echo "1..$number"
exit $status
