#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh [SUITE]: Debian's packages are made in a tree of the release, or of another
# suite of the table "roles"; lintian has nothing to say; in a tree that has only what
# they depend on they are installed over an older version, work, are removed and purged.
# TAP. The packages are in build/deb/CODENAME. Needs root.
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

copy_sources() { # DIR
	rm -rf "${1%/*}"
	mkdir -p "$1"
	git -C "$REPO" ls-files -z | (cd "$REPO" && xargs -0 cp --parents -t "$1")
}

makes() { # SOURCE PROFILES
	inside "$builder" sh -ec 'cd "$1" && DEB_BUILD_PROFILES=$2 DEB_BUILD_OPTIONS=parallel=2 \
		exec dpkg-buildpackage -us -uc -b' sh "/src${1#"$REPO"}" "$2"
}

# A version that comes before, for the same files.
makes_older() {
	local dir=$out-older/vfio-mig-0.0
	copy_sources "$dir"
	echo 0.0 >"$dir/VERSION"
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.0"/' "$dir/dkms.conf"
	sed -i '1s/(.*)/(0.0)/' "$dir/debian/changelog"
	makes "$dir" pkg.vfio-mig.notests
}

is_clean() {
	local said
	said=$(inside "$builder" sh -c 'lintian --suppress-tags "$1" --fail-on error,warning "$2"/*.changes' \
		sh "$suppressed" "/src${out#"$REPO"}" 2>&1) && return
	printf '%s\n' "$said"
	return 1
}

debs() { # DIR
	(cd "$1" && find . -name '*.deb' ! -name '*dbgsym*') | sed "s|^\.|/src${1#"$REPO"}|"
}

apt() { inside "$user" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends "$@"; }

installs() { # DIR [OPTIONS...]
	local files
	mapfile -t files < <(debs "$1")
	apt install "${@:2}" "${files[@]}"
}

# What an operator has written.
edits() {
	echo 'loaded' | inside "$user" tee -a /etc/modules-load.d/vfio-mig.conf &&
		echo 'there platform 2026.1' | inside "$user" tee -a /etc/vfio-mig/pins.conf
}

has_edits() {
	inside "$user" grep -x loaded /etc/modules-load.d/vfio-mig.conf &&
		inside "$user" grep -x 'there platform 2026.1' /etc/vfio-mig/pins.conf
}

# dkms has the new version, and nothing of the old one.
upgrades() {
	installs "$out" && has_edits &&
		says "^vfio-mig/$version: added" dkms status &&
		! inside "$user" find /usr/src /var/lib/dkms/vfio-mig | grep '0\.0'
}

# No module is loaded before an operator has said so; each driver is offered.
loads_nothing() {
	inside "$user" grep -x '#e1000e_vfio_pci' /etc/modules-load.d/vfio-mig.conf &&
		! inside "$user" grep -v '^#' /etc/modules-load.d/vfio-mig.conf
}

# A device is told what its line says, and no other one.
# shellcheck disable=SC2016
pins() {
	inside "$user" sh -ec 'mkdir -p /tmp/there/migration /tmp/other/migration
		touch /tmp/there/migration/platform /tmp/other/migration/platform
		/usr/lib/udev/vfio-mig-pins /tmp/there && /usr/lib/udev/vfio-mig-pins /tmp/other
		grep -x 2026.1 /tmp/there/migration/platform
		[ ! -s /tmp/other/migration/platform ]'
}

complains() { # EXPECTED LINE
	# shellcheck disable=SC2016
	says "$1" sh -c 'mkdir -p /tmp/d/migration/platform; echo "$1" >/tmp/pins
		VFIO_MIG_PINS=/tmp/pins exec /usr/lib/udev/vfio-mig-pins /tmp/d' sh "$2"
}

# Older versions of udevadm do not verify.
rules_are_right() {
	local rules=/usr/lib/udev/rules.d/60-vfio-mig.rules
	inside "$user" test -s "$rules" || return
	! inside "$user" udevadm --help | grep -q '^  verify' || inside "$user" udevadm verify "$rules"
}

# What an operator has written is left by "remove", and goes with "purge".
removes() {
	apt remove 'libvfiomig*' 'vfio-mig*' && has_edits &&
		! inside "$user" find /usr /var/lib/dkms -name '*vfio*mig*' | grep -v '/var/lib/dpkg'
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
user=deb-user-$codename-$(printf '%s\n' udev "${libraries[@]}" | lab_key /dev/stdin)
lab_step "making the trees of $codename for packages, 1200 MB" 60 tree "$builder" \
	"build-essential,lintian,$(printf '%s\n' "${packages[@]}" | paste -sd,)"
tree "$user" "dkms,gcc,libc6-dev,pkgconf,udev,$(printf '%s\n' "${libraries[@]}" | paste -sd,)"
tap "the sources are copied" copy_sources "$source"
tap "packages of $codename are made" makes "$source" "$profiles"
tap "an older version is made" makes_older
tap "lintian has nothing to say" is_clean
tap "the package for dkms has what a build needs" dkms_has_all
tap "the older version is installed" installs "$out-older"
tap "no module is loaded unasked" loads_nothing
tap "an operator sets what is to last" edits
tap "it is upgraded, and keeps what an operator has set" upgrades
tap "the command runs" says "vfio-mig" vfio-mig --version
tap "a program is built with the library" links
if [ -z "$profiles" ]; then
	tap "the suite runs" has_tests
fi
tap "rules of udev are right" rules_are_right
tap "a device is pinned as its line says" pins
tap "a pin that is refused is named" complains '^vfio-mig-pins: d: platform "x" is refused' 'd platform x'
tap "a key that there is not is named" complains 'pins.conf has "speed"' 'd speed 1'
tap "they are installed over themselves" installs "$out" --reinstall
tap "they are removed, but for what an operator has set" removes
tap "they are installed again, with what an operator has set" installs "$out"
tap "that is still there" has_edits
tap "they are purged, and nothing is left" purges
echo "1..$number"
exit "$status"
