#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# netdevsim.sh KERNEL: prints where the module netdevsim is for a lab machine with
# that kernel, once it is built; nothing where there is no source for it. It
# makes devices that speak devlink, and Debian's kernels come without it.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

prepare() { # SOURCE DIR
	cp -r "$1/drivers/net/netdevsim" "$2"
	sed -i '1i CONFIG_NETDEVSIM := m' "$2/Makefile"
}

[ "${1:-}" != deep ] || exit 0
lab_own_module netdevsim "$1" "$0"
