#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nova.sh: what vfio-mig nova writes, judged by Nova's own code, Debian's
# python3-nova in a tree of its own. TAP.
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/../lab/common.sh"
set -euo pipefail

here=selftests/cli-host
work=build/cli-nova
tree=$("$REPO/$here/nova-tree.sh")
make -s -C "$REPO/userspace/cli"
cd "$REPO"
rm -rf $work
for host in mdevs vendors; do
	mkdir -p "$work/$host"
	ROOT=$PWD/$work/$host bash -eu "$here/trees/$host.sh"
	build/cli/vfio-mig --sysfs "$work/$host/sys" nova >"$work/$host.yaml"
	build/cli/vfio-mig --sysfs "$work/$host/sys" nova conf >"$work/$host.conf"
	build/cli/vfio-mig --sysfs "$work/$host/sys" nova controller >"$work/$host.controller"
done
# lab_chroot, in this tree.
lab_tree() { printf '%s\n' "$tree"; }
lab_chroot python3 "/src/$here/nova_check.py" "/src/$work"
