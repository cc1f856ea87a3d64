#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# self.sh: tests of how the lab finds its kernels, on archives and trees that are
# made up here. TAP. Needs neither root nor network.
#
# The tests are called by their names.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CACHE=$work/cache
unset LAB_RESOLVED VFIO_MIG_PIN
export VFIO_MIG_CACHE=$CACHE LAB_TRUST='[trusted=yes] '
export LAB_SITE=file:$work/main LAB_SECURITY_SITE=file:$work/security

# An archive. Each line of the input is "SUITE PACKAGE VERSION", where SUITE is
# the table's; a suite without a line is there and empty.
archive() {
	local site suite codename dir lines
	rm -rf "$CACHE" "$work/main" "$work/security"
	lines=$(cat)
	awk '$1 == "suite" { print $2, $3 }' "$LAB_DIR/roles" | while read -r suite codename; do
		site=main
		[ "${suite%security}" = "$suite" ] || site=security
		dir=$work/$site/dists/$codename/main/binary-amd64
		mkdir -p "$dir"
		awk -v s="$suite" '$1 == s {
			printf "Package: %s\nVersion: %s\nArchitecture: amd64\nSize: 1\nFilename: x\n", $2, $3
			printf "SHA256: %064d\n\n", 0 }' <<<"$lines" >"$dir/Packages"
		release "$codename" "$dir/Packages" >"$dir/../../Release"
	done
}

release() { # CODENAME FILE
	printf 'Origin: Debian\nLabel: Debian\nCodename: %s\nDate: %s\n' "$1" "$(date -Ru)"
	printf 'Architectures: amd64\nComponents: main\nSHA256:\n %s %s main/binary-amd64/Packages\n' \
		"$(sha256sum <"$2" | cut -d' ' -f1)" "$(stat -c %s "$2")"
}

# Lines of a kernel with its headers.
kernel() { # SUITE VERSION
	echo "$1 linux-image-$2-amd64 ${2%%+*}-1"
	echo "$1 linux-headers-$2-amd64 ${2%%+*}-1"
}

# What each of these archives has besides its kernels.
rest() {
	echo "release linux-source-1.2 1.2.3-1"
	echo "backports qemu-system-x86 1:11.1+ds-1"
}

# The role's package, "absent", or roles.sh's one sentence.
role() { # ROLE
	local file line
	if ! file=$("$LAB_DIR/roles.sh" 2>"$work/said"); then
		echo "refused: $(sed 's/^roles.sh: //; s/^! //' "$work/said")"
		return
	fi
	line=$(awk -v r="$1" '$1 == r { print $2 }' "$file")
	echo "${line:-absent}"
}

is() { # WANTED ROLE
	local got
	got=$(role "$2")
	[ "$got" = "$1" ] || { echo "role $2 is \"$got\", not \"$1\""; return 1; }
}

says() { # TEXT
	grep -q -F -e "$1" "$("$LAB_DIR/roles.sh")" "$work/said" && return 0
	echo "nothing says \"$1\":"
	cat "$("$LAB_DIR/roles.sh")"
	return 1
}

refuses() { # TEXT
	local got
	got=$(role stable)
	case $got in "refused: "*"$1"*) ;; *) echo "got \"$got\""; return 1 ;; esac
	[ "$(wc -l <"$work/said")" = 1 ] || { cat "$work/said"; return 1; }
}

three_kernels() {
	{ rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; kernel backports 3.3.9+deb; } | archive
	is linux-image-1.2.3+deb-amd64 stable &&
		is linux-image-3.4.5+deb-amd64 newest &&
		is linux-image-3.3.9+deb-amd64 previous &&
		is linux-source-1.2 guest
}

two_kernels() {
	{ rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; } | archive
	is linux-image-3.4.5+deb-amd64 newest && is absent previous &&
		says '# previous: absent'
}

one_kernel() {
	{ rest; kernel release 1.2.3+deb; } | archive
	is linux-image-1.2.3+deb-amd64 stable && is linux-image-1.2.3+deb-amd64 newest &&
		is absent previous && says 'so it is stable'
}

no_kernel() {
	rest | archive
	refuses 'stable: no package like linux-image-*-amd64'
}

no_headers() {
	{ rest; kernel release 1.2.3+deb; kernel backports 3.3.9+deb
		echo "backports linux-image-3.4.5+deb-amd64 3.4.5-1"; } | archive
	is linux-image-3.3.9+deb-amd64 newest && says '3.4.5+deb has no headers'
}

only_headless() {
	{ rest; echo "release linux-image-1.2.3+deb-amd64 1.2.3-1"; } | archive
	refuses '1.2.3+deb has no headers'
}

# A number of two digits is more than one of one; a build of the same series
# is not an older series; a rebuilt version is newer than the one before.
order_of_numbers() {
	{ rest; kernel release 1.2.3+deb; kernel release 1.10.3+deb
		kernel backports 3.9.12+deb; kernel backports 3.10.1+deb
		kernel backports 3.10.0+deb; } | archive
	is linux-image-1.10.3+deb-amd64 stable && is linux-image-3.10.1+deb-amd64 newest &&
		is linux-image-3.9.12+deb-amd64 previous
}

security_is_stable() {
	{ rest; kernel release 1.2.3+deb; kernel security 1.2.4+deb; kernel updates 1.2.2+deb; } | archive
	is linux-image-1.2.4+deb-amd64 stable
}

# Flavours and metapackages are no kernels.
flavours() {
	{ rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; kernel backports 9.9.9+deb-cloud
		kernel backports 9.9.9+deb-rt; echo "backports linux-image-amd64 9.9.9-1"
		echo "backports linux-headers-amd64 9.9.9-1"; } | archive
	is linux-image-3.4.5+deb-amd64 newest
}

newer_than_tested() {
	{ rest; kernel release 1.2.3+deb; kernel backports 999.4.5+deb; } | archive
	is linux-image-999.4.5+deb-amd64 newest &&
		says '# newest: 999.4.5+deb is newer than what the tests have passed on' || return 1
	three
	! grep 'newer than what' "$("$LAB_DIR/roles.sh")"
}

three() { { rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; kernel backports 3.3.9+deb; } | archive; }

pin_a_version() {
	three
	VFIO_MIG_PIN=newest=3.3 is linux-image-3.3.9+deb-amd64 newest &&
		VFIO_MIG_PIN='newest=3.3.9 previous=none' is absent previous
}

# 3.3 is not the beginning of 3.30, and what is gone is refused.
pin_what_is_not_there() {
	three
	export VFIO_MIG_PIN=newest=3.
	refuses 'the pin newest=3.' || return 1
	VFIO_MIG_PIN=newest=2.7 refuses 'the pin newest=2.7: no package' || return 1
	VFIO_MIG_PIN=no=2.7 refuses 'there is no role no'
}

pin_a_run() {
	three
	cp "$("$LAB_DIR/roles.sh")" "$work/pin"
	{ rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; kernel backports 3.3.9+deb
		kernel backports 3.5.0+deb; } | archive
	is linux-image-3.5.0+deb-amd64 newest || return 1
	export VFIO_MIG_PIN=$work/pin
	is linux-image-3.4.5+deb-amd64 newest || return 1
	{ rest; kernel release 1.2.3+deb; kernel backports 3.5.0+deb; } | archive
	refuses 'the archive has no linux-image-3.4.5+deb-amd64'
}

# An archive that cannot be reached: the last answer counts, of whatever day.
archive_gone() {
	local answer
	three
	answer=$("$LAB_DIR/roles.sh")
	touch -d '3 days ago' "$answer"
	rm -rf "$work/main"
	is linux-image-3.4.5+deb-amd64 newest && grep -q 'cannot be reached' "$work/said" || return 1
	rm -rf "$CACHE"
	case $(role stable) in refused:*'cannot be reached'*) ;; *) cat "$work/said"; return 1 ;; esac
}

# A day later, or when the tree is made anew, the archive is asked again.
asked_again() {
	three
	is linux-image-3.4.5+deb-amd64 newest || return 1
	{ rest; kernel release 1.2.3+deb; kernel backports 3.5.0+deb; } |
		(CACHE=$work/none archive)
	is linux-image-3.4.5+deb-amd64 newest || return 1
	"$LAB_DIR/roles.sh" --fresh >/dev/null
	is linux-image-3.5.0+deb-amd64 newest
}

# A tree with kernels; "-" before a version: without headers.
tree() { # VERSION...
	local tree version dir
	tree=$(lab_tree)
	rm -rf "$tree"
	for version; do
		dir=$tree/lib/modules/${version#-}
		mkdir -p "$dir"
		[ "$version" != "${version#-}" ] || mkdir "$dir/build"
	done
}

in_tree() { # KERNEL WANTED
	local got
	got=$( (lab_kver "$1") 2>&1) || got="refused: $got"
	# shellcheck disable=SC2254
	case $got in $2) ;; *) echo "lab_kver $1 is \"$got\""; return 1 ;; esac
}

beginnings() {
	three
	tree 1.2.3+deb-amd64 1.20.1+deb-amd64 3.4.5+deb-amd64 3.3.9+deb-amd64 -3.6.1+deb-amd64
	in_tree stable 1.2.3+deb-amd64 && in_tree newest 3.4.5+deb-amd64 &&
		in_tree 1.2 1.2.3+deb-amd64 && in_tree 3 3.4.5+deb-amd64 &&
		in_tree 3.3 3.3.9+deb-amd64 && in_tree 3.4.5+deb-amd64 3.4.5+deb-amd64 &&
		in_tree 3.6 'refused: *no kernel 3.6 with headers in the tree; it has: *'
}

# A kernel that did not install is named, and only what needs it fails.
not_installed() {
	three
	tree 1.2.3+deb-amd64 3.3.9+deb-amd64
	in_tree newest 'refused: *no kernel newest (3.4.5+deb-amd64) with headers*' &&
		in_tree stable 1.2.3+deb-amd64
}

absent_role() {
	{ rest; kernel release 1.2.3+deb; kernel backports 3.4.5+deb; } | archive
	tree 1.2.3+deb-amd64 3.4.5+deb-amd64
	in_tree previous 'refused: *there is no kernel "previous": # previous: absent*'
}

# What a killed run has left, a file that is cut, a directory that lost files.
half_a_cache() {
	mkdir -p "$work/d/usr"
	touch "$work/d/usr/"{a,b,c}
	! lab_whole "$work/d" || { echo "without a mark it is whole"; return 1; }
	mkdir -p "$work/d/usr"
	touch "$work/d/usr/"{a,b,c}
	lab_done "$work/d"
	lab_whole "$work/d" || return 1
	rm "$work/d/usr/b"
	! lab_whole "$work/d" && [ ! -e "$work/d" ] || return 1
	seq 100000 >"$work/f"
	lab_done "$work/f"
	lab_whole "$work/f" || return 1
	truncate -s 1000 "$work/f"
	! lab_whole "$work/f" && [ ! -e "$work/f" ]
}

each() { # NAME FUNCTION
	tap "$1" eval "(set -e; LAB_RESOLVED=; $2)"
}

each "release and two series of backports" three_kernels
each "one series of backports: there is no previous" two_kernels
each "nothing in backports: newest is stable" one_kernel
each "no kernel at all is one sentence" no_kernel
each "a kernel without headers is passed over, and said" no_headers
each "only kernels without headers is one sentence" only_headless
each "numbers are numbers" order_of_numbers
each "security updates are the release's" security_is_stable
each "flavours and metapackages are no kernels" flavours
each "newer than tested is said, and is no error" newer_than_tested
each "a version is pinned by its beginning" pin_a_version
each "a pin that the archive does not have is refused" pin_what_is_not_there
each "a run is repeated by its file" pin_a_run
each "an archive that cannot be reached" archive_gone
each "the archive is asked again" asked_again
each "a kernel by role, version, or the beginning of one" beginnings
each "a kernel that did not install" not_installed
each "a role that the archive has nothing for" absent_role
each "a cache that is not whole is made again" half_a_cache
echo "1..$number"
exit $status
