#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fits.sh KERNEL_BUILD_DIR: fails, with what probe.sh says, if that kernel lacks
# what the modules need. A build that fails for another reason is not its
# business; the build itself says so. dkms.conf calls it.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
[ -e "$1/Makefile" ] || exit 0
work=$(mktemp -d) || exit 0
trap 'rm -rf "$work"' EXIT
mkdir "$work/include"
cp "$top/Kbuild" "$work/"
cp -R "$top/include/compat" "$work/include/"
said=$(make -s -C "$1" M="$work" VMIG_PROBE_ONLY=1 modules 2>&1) && exit 0
lack=$(echo "$said" | grep '^vfio-mig: this kernel lacks') || exit 0
echo "$lack" >&2
exit 1
