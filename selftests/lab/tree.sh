#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree.sh DIR ROLES: makes the lab's Debian tree in DIR from the list "packages"
# and from the kernels and the QEMU of the file ROLES (see roles.sh). A kernel
# other than the release's own that does not install is left out: DIR/lab-log
# says so, and what needs it fails by itself.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"

tree=$1 roles=$2
release=$(archive_codename release)
backports=$(archive_codename backports)

package_of() { # ROLE
	awk -v r="$1" '$1 == r { print $2 "=" $3 }' "$roles"
}

# The packages of a kernel, as apt takes them.
kernel_of() { # ROLE
	package_of "$1" | sed 's/.*/& &/; s/linux-image\(-[^ ]*\)$/linux-headers\1/'
}

base() {
	{
		awk '!/^#/ && NF == 1 { print $1 }' "$LAB_DIR/packages"
		kernel_of stable | tr ' ' '\n'
	} | paste -sd,
}

from_backports() {
	awk '!/^#/ && $1 == "backports" { print $2 }' "$LAB_DIR/packages" | paste -sd' '
	package_of qemu
}

# A hook that installs packages of the backports. mmdebstrap asks for it as text.
install() { # PACKAGES...
	# shellcheck disable=SC2016
	printf '%s' 'chroot "$1" env INITRD=No DEBIAN_FRONTEND=noninteractive ' \
		"apt-get install -y --no-install-recommends -t $backports $*"
}

hooks=("--customize-hook=$(install "$(from_backports | paste -sd' ')")")
for role in newest previous; do
	kernel=$(kernel_of "$role")
	[ -n "$kernel" ] || continue
	hooks+=("--customize-hook=$(install "$kernel") || echo '$role does not install' >>\"\$1/lab-log\"")
done

list=$(archive_sources release updates security backports)
export INITRD=No
mmdebstrap --variant=apt --mode=root \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--aptopt='APT::Install-Recommends "false"' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$(base)" "${hooks[@]}" \
	"$release" "$tree" - <<<"$list"
