#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# headers.sh [--all]: builds the modules, with W=1 and with sparse, for kernel
# headers that Debian's suites have: of each suite and series the newest, with
# --all each version. A kernel that lacks what the modules need has to be refused
# in one sentence. The kernels of the lab's roles are lint.sh's. TAP; the list of
# what was built for is in build/headers.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"

all=''
[ "${1:-}" != --all ] || all=1
inside=/cache/headers
root=$CACHE/headers

# "CODENAME PACKAGE VERSION" of what is to be built for, each version once.
wanted() {
	awk -v all="$all" '
	$2 ~ /^linux-headers-[0-9][0-9a-z.+~]*(-[0-9]+)?-amd64$/ && $2 !~ /^linux-headers-[0-9]+\.[0-9]+-amd64$/ {
		match($2, /[0-9]+\.[0-9]+/)
		print $1, substr($2, RSTART, RLENGTH), $2, $3
	}' "$CACHE/apt-headers/index" | sort -k3,3V | awk -v all="$all" '
	{ key = all ? $3 : $1 " " $2; line[key] = $1 " " $3 " " $4 }
	END { for (key in line) print line[key] }' | sort -k2,2V -u
}

# The package's own makefile names absolute places; here they are in the cache.
unpack() { # PACKAGE VERSION
	local package=$1 common kbuild work=$root/new
	[ ! -e "$root/usr/src/$package/.unpacked" ] || return 0
	common=${package%-amd64}-common
	kbuild=$(archive_apt headers apt-cache show "$package=$2" |
		sed -n 's/^Depends:.*\(linux-kbuild-[^ ,]*\).*/\1/p' | head -n 1)
	rm -rf "$work"
	mkdir -p "$work" "$root"
	(cd "$work" && archive_apt headers apt-get download -qq "$package=$2" "$common=$2" "$kbuild") \
		>>"$CACHE/headers.log" 2>&1 || return 1
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$root" || return 1
	done
	rm -rf "$work"
	sed -i "s|\([ =]\)/usr/src/|\1$inside/usr/src/|" "$root/usr/src/$package/Makefile"
	# It names the compiler of its own release, too; the tree has one.
	sed -i 's/\([a-z_0-9-]*gcc\)-[0-9]*/gcc/g' "$root/usr/src/$package/.kernelvariables"
	lab_checker deep "$root/usr/src/$common" || return 1
	: >"$root/usr/src/$package/.unpacked"
}

gcc_of() { # PACKAGE
	sed -n 's/^CONFIG_GCC_VERSION=//p' "$root/usr/src/$1/.config"
}

# A kernel that a newer compiler than the tree's has built uses attributes in its
# own headers that this one does not know.
older_gcc() { # PACKAGE
	[ "$(lab_chroot gcc -dumpversion | awk -F. '{ print $1 * 10000 }')" -lt $(($(gcc_of "$1") / 10000 * 10000)) ]
}

modules() { # PACKAGE MAKE_ARGS...
	local package=$1
	shift
	rm -rf "$REPO/build/headers-work"
	mkdir -p "$REPO/build/headers-work"
	rsync -a --exclude '*.o' "$REPO/Kbuild" "$REPO/drivers" "$REPO/include" "$REPO/build/headers-work/"
	! older_gcc "$package" || set -- "$@" KCFLAGS=-Wno-attributes
	lab_chroot make -s -j"$(nproc)" -C "$inside/usr/src/$package" \
		M=/src/build/headers-work "$@" modules 2>&1 |
		grep -v -e 'pahole version differs' -e 'The kernel was built with:' -e 'Skipping BTF generation' -e 'the compiler differs' \
			-e 'The kernel was built by:' -e 'You are using:' -e "^make\[*[0-9]*\]*: .*\(warning: jobserver\|Error\)" || :
	[ -s "$REPO/build/headers-work/modules.order" ]
}

refusal='^vfio-mig: this kernel lacks what the modules need'

# What make adds to the sentence is not counted.
one_sentence() { # LOG
	grep -q "$refusal" "$1" && [ "$(grep -c -v -e '^make' -e '\*\*\*' "$1")" = 1 ]
}

clean_build() { # NAME PACKAGE MAKE_ARGS...
	local name=$1 log=$REPO/build/headers-log status=0
	shift
	modules "$@" >"$log" || status=1
	number=$((number + 1))
	if [ $status = 0 ] && [ ! -s "$log" ]; then
		echo "ok $number - $name"
		return 0
	fi
	if [ $status = 1 ] && one_sentence "$log"; then
		echo "ok $number - $name: refused: $(grep "$refusal" "$log")"
		return 2
	fi
	echo "not ok $number - $name"
	sed 's/^/# /' "$log" | head -n 40
	failed=1
}

is_roles() { # PACKAGE
	local role
	for role in $LAB_BUILT; do
		case $(lab_role "$role") in "linux-image-${1#linux-headers-} "*) return 0 ;; esac
	done
	return 1
}

build() { # CODENAME PACKAGE VERSION
	local name="$1 ${2#linux-headers-} ($3)" status=0
	if ! unpack "$2" "$3"; then
		number=$((number + 1)) failed=1
		echo "not ok $number - $name: the headers are not to be had"
		return
	fi
	clean_build "$name" "$2" W=1 C=1 "$LAB_SPARSE" || status=$?
	printf '%s %s\n' "$name" "$([ $status = 2 ] && echo refused || echo built)" >>"$REPO/build/headers"
}

"$LAB_DIR/image.sh"
lab_roles
mkdir -p "$REPO/build" "$root"
: >"$REPO/build/headers"
exec 9>"$CACHE/headers.lock"
flock -w 1800 9 || lab_die "another headers.sh does not end"
# shellcheck disable=SC2046
archive_update headers $(awk '$1 == "suite" { print $2 }' "$LAB_DIR/roles") ||
	lab_die "the archive cannot be reached; the log is $CACHE/apt-headers/log"
archive_index headers >"$CACHE/apt-headers/index"
number=0 failed=0
while read -r codename package version; do
	if is_roles "$package"; then
		echo "$codename ${package#linux-headers-} ($version) built by lint.sh" >>"$REPO/build/headers"
		continue
	fi
	build "$codename" "$package" "$version" </dev/null
done < <(wanted)
echo "1..$number"
[ "$number" -gt 0 ] && [ $failed = 0 ]
