#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree.sh DIR: makes the lab's Debian tree in DIR from the list "packages".
# The address of the mirror is the one this host's apt is configured with.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$1
release=trixie

# $1: an extended regular expression of release names
# shellcheck disable=SC2016
site() {
	apt-get indextargets --format '$(SITE)|$(CODENAME)' |
		awk -F'|' -v re="^($1)\$" '$2 ~ re && !n++ { print $1 }'
}

sources() {
	local main security
	main=$(site 'bookworm|trixie|forky|sid|stable')
	security=$(site '(bookworm|trixie|forky)-security')
	if [ -z "$main" ]; then
		echo "tree.sh: apt names no Debian mirror (apt-get update first?)" >&2
		return 1
	fi
	echo "deb $main $release main"
	echo "deb $main $release-updates main"
	echo "deb $main $release-backports main"
	if [ -n "$security" ]; then
		echo "deb $security $release-security main"
	fi
}

base() { awk '!/^#/ && NF == 1 { printf "%s%s", n++ ? "," : "", $1 }' "$here/packages"; }
backports() { awk '!/^#/ && $1 == "backports" { printf "%s ", $2 }' "$here/packages"; }

list=$(sources)
export INITRD=No
# shellcheck disable=SC2016
mmdebstrap --variant=apt --mode=root \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--aptopt='APT::Install-Recommends "false"' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$(base)" \
	--customize-hook='chroot "$1" env INITRD=No DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -t '"$release-backports $(backports)" \
	"$release" "$tree" - <<<"$list"
