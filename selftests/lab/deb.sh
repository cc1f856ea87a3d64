#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh [SUITE]: Debian's packages are made in a tree of the release, or of another
# suite of the table "roles"; lintian has nothing to say; they are installed in a
# tree that has only what they depend on, work there, and are purged. TAP. The packages
# are in build/deb/CODENAME. Needs root.
#
# The suite of tests needs the headers of a kernel that has what is tested: where
# the release's linux-source is older, its package is not made.
# Tests are called by tap.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

suite=${1:-release}
codename=$(archive_codename "$suite")
out=$REPO/build/deb/$codename
version=$(cat "$REPO/VERSION")
source=$out/vfio-mig-$version
profiles=''
[ "$suite" = release ] || profiles=pkg.vfio-mig.notests
# There is no address before the first release.
suppressed=bogus-mail-host,bogus-mail-host-in-debian-changelog

# Packages that the build needs, by debian/control: each line of the field is one.
needed() {
	awk -v profiles="$profiles" '/^Build-Depends:/ { on = 1; next } /^[^ ]/ { on = 0 }
		on && !(profiles != "" && /<!pkg/) { sub(/,.*/, ""); sub(/ *[(<].*/, "")
			sub(/^ /, ""); sub(/^debhelper-compat$/, "debhelper"); print }' "$REPO/debian/control"
}

sources() {
	case $suite in
	release) archive_sources release updates security ;;
	*) archive_sources "$suite" "$suite-security" ;;
	esac
}

# Makes the tree NAME once, with the packages that are named.
tree() { # NAME PACKAGES
	local dir=$CACHE/$1
	lab_whole "$dir" && return
	rm -rf --one-file-system "$dir.new"
	mmdebstrap --variant=apt --mode=root --aptopt='APT::Install-Recommends "false"' \
		--include="$2" "$codename" "$dir.new" - <<<"$(sources)" >"$CACHE/deb.log" 2>&1 ||
		lab_die "no tree of $codename; the log is $CACHE/deb.log"
	mkdir -p "$dir.new/src" "$dir.new/cache"
	mv "$dir.new" "$dir"
	lab_done "$dir"
}

inside() { # TREE CMD...
	LAB_TREE=$CACHE/$1 lab_chroot "${@:2}"
}

copy_sources() {
	rm -rf "$out"
	mkdir -p "$source"
	git -C "$REPO" ls-files -z | (cd "$REPO" && xargs -0 cp --parents -t "$source")
}

makes() {
	inside "$builder" sh -ec 'cd "$1" && DEB_BUILD_PROFILES=$2 DEB_BUILD_OPTIONS=parallel=2 \
		exec dpkg-buildpackage -us -uc -b' sh "/src${source#"$REPO"}" "$profiles"
}

is_clean() {
	local said
	said=$(inside "$builder" sh -c 'lintian --suppress-tags "$1" --fail-on error,warning "$2"/*.changes' \
		sh "$suppressed" "/src${out#"$REPO"}" 2>&1) && return
	printf '%s\n' "$said"
	return 1
}

debs() { (cd "$out" && find . -name '*.deb' ! -name '*dbgsym*') | sed "s|^\.|/src${out#"$REPO"}|"; }

apt() { inside "$user" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends "$@"; }

installs() {
	local files
	mapfile -t files < <(debs)
	apt install "${files[@]}"
}

again() {
	local files
	mapfile -t files < <(debs)
	apt install --reinstall "${files[@]}"
}

says() { # EXPECTED CMD...
	local said
	said=$(inside "$user" "${@:2}" 2>&1) || :
	grep -q -E "$1" <<<"$said" || { printf '%s\n' "$said"; return 1; }
}

links() {
	says '^0$' sh -ec 'echo "#include <vfiomig.h>
		int main(void) { return vfiomig_version_number() != VFIOMIG_VERSION; }" >/tmp/a.c
		cc -o /tmp/a /tmp/a.c $(pkg-config --cflags --libs libvfiomig) && /tmp/a; echo $?'
}

has_tests() { says '^states: opens running$' vfio-conformance --list none; }

dkms_has_all() {
	local file
	file=$(find "$out" -name 'vfio-mig-dkms_*.deb')
	diff <(cd "$source" && find Kbuild drivers include dkms.conf -type f | sort) \
		<(dpkg -c "$file" | awk '$1 !~ /^d/ && $6 ~ "/usr/src/" { print $6 }' |
			sed "s|^\./usr/src/vfio-mig-$version/||" | sort)
}

purges() {
	apt purge 'libvfiomig*' 'vfio-mig*' || return 1
	! inside "$user" dpkg -l | grep vfio &&
		[ -z "$(inside "$user" find /usr /etc /var/lib -name '*vfio*mig*')" ]
}

exec 9>"$CACHE/deb.lock"
flock -w 1800 9 || lab_die "another deb.sh does not end"
mapfile -t packages < <(needed)
builder=deb-$codename-$(printf '%s\n' "${packages[@]}" | lab_key /dev/stdin)
# What the packages depend on is there before, since the tree has no lists of apt.
mapfile -t libraries < <(printf '%s\n' "${packages[@]}" | grep -E '^(lib|zlib)')
user=deb-user-$codename-$(printf '%s\n' "${libraries[@]}" | lab_key /dev/stdin)
lab_step "making the trees of $codename for packages, 1200 MB" 60 tree "$builder" \
	"build-essential,lintian,$(printf '%s\n' "${packages[@]}" | paste -sd,)"
tree "$user" "dkms,gcc,libc6-dev,pkgconf,$(printf '%s\n' "${libraries[@]}" | paste -sd,)"
tap "the sources are copied" copy_sources
tap "packages of $codename are made" makes
tap "lintian has nothing to say" is_clean
tap "the package for dkms has what a build needs" dkms_has_all
tap "they are installed" installs
tap "the command runs" says "vfio-mig" vfio-mig --version
tap "a program is built with the library" links
if [ -z "$profiles" ]; then
	tap "the suite runs" has_tests
fi
tap "they are installed over themselves" again
tap "they are purged, and nothing is left" purges
echo "1..$number"
exit "$status"
