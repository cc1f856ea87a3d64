#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# linux-source.sh [ROLE|VERSION]: fetches the source of a kernel from its
# distribution, once, unpacks it in the cache, with those of the lab's patches
# that fit, and prints where. ROLE is one of the table "roles" (default:
# guest); a kernel's source is that of its own version. The file "lab-patches"
# there says of each patch whether it is in. For a role it needs neither root nor
# the tree.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"

# "linux-source-SERIES VERSION" for a role or a kernel of the tree.
source_package() { # ROLE|VERSION
	local package version full
	if is_role "$1"; then
		read -r package version < <(lab_role "$1") || :
	else
		"$LAB_DIR/image.sh"
		full=$(lab_kver "$1") || return 1
		package=linux-image-$full
		# shellcheck disable=SC2016
		version=$(dpkg-query --admindir="$(lab_tree)/var/lib/dpkg" -W -f '${Version}' "$package")
	fi
	[ -n "${package:-}" ] || lab_die "no source: $(grep "^# $1:" "$LAB_RESOLVED")"
	case $package in
	linux-image-*)
		package=${package#linux-image-}
		package=linux-source-$(sed -E 's/^([0-9]+\.[0-9]+).*/\1/' <<<"$package")
		;;
	esac
	printf '%s %s\n' "$package" "$version"
}

# A patch is for some kernels; what it says of itself, a build checks.
apply_patches() { # DIR
	local patch
	: >"$1/lab-patches"
	for patch in "$LAB_DIR"/patches/*.patch; do
		if (cd "$1" && GIT_CEILING_DIRECTORIES=$CACHE git apply "$patch") 2>>"$CACHE/linux-source.log"; then
			echo "${patch##*/} applied" >>"$1/lab-patches"
		else
			echo "${patch##*/} does not fit" >>"$1/lab-patches"
		fi
	done
}

fetch() { # DIR PACKAGE VERSION
	local work=$1.new
	rm -rf "$work"
	mkdir -p "$work"
	[ -s "$CACHE/apt-roles/index" ] ||
		archive_update roles release updates security backports
	(cd "$work" && archive_apt roles apt-get download "$2=$3" && dpkg -x "$2"_*.deb deb &&
		tar -xf "deb/usr/src/$2.tar.xz" --strip-components=1 && rm -rf deb ./*.deb) \
		>"$CACHE/linux-source.log" 2>&1
	apply_patches "$work"
	mv "$work" "$1"
}

lab_roles
read -r package version < <(source_package "${1:-guest}")
[ -n "${version:-}" ] || exit 1
dir=$CACHE/$package-${version//[:~]/-}-$(lab_key "$LAB_DIR"/patches/*)
exec 9>"$CACHE/linux-source.lock"
flock -w 1800 9 || lab_die "another fetch of the source does not end"
if ! lab_whole "$dir"; then
	LAB_WATCH=$dir.new lab_step "fetching $package, 1500 MB" 60 fetch "$dir" "$package" "$version" || {
		tail -n 5 "$CACHE/linux-source.log" >&2
		lab_die "no $package $version; the log is in $CACHE/linux-source.log"
	}
	lab_done "$dir"
fi
printf '%s\n' "$dir"
