# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions shared by the lab's scripts. Source it; it runs nothing by itself.
#
#   CACHE             where the tree, images and kernels are kept
#   REPO              the project's top directory
#   lab_roles         fixes, for this process and what it starts, which packages
#                     the roles are (see roles.sh)
#   lab_role ROLE     prints "PACKAGE VERSION" of a role; nothing if it is absent
#   lab_tree          prints the path of the Debian tree (see tree.sh)
#   lab_chroot CMD..  runs CMD in the tree: /src is the project, /cache is CACHE
#   lab_disk          prints the path of the disk image made from the tree
#   lab_initrd VER    prints the path of the initramfs for a full version
#   lab_key FILE..    prints a short hash over the contents of FILEs
#   lab_kver KERNEL   prints the full version, as the tree has it, of a role, of
#                     a version, or of the beginning of one
#   lab_own_kernel N  prints the directory of a kernel of ours (see kernel.sh)
#   lab_kernel KERNEL prints, for deep or what lab_kver takes: the kernel's file,
#                     its build directory and its initramfs, as seen in the tree
#   lab_own_module NAME KERNEL FILE..  prints where the module NAME for a kernel
#                     is, once it is built, outside of the kernel's own build: the
#                     caller's prepare SOURCE DIR puts into DIR what is built, and
#                     whatever it depends on besides the kernel is in FILEs
#   lab_step TEXT SECONDS CMD..  runs CMD, which prints nothing, and says every
#                     few seconds for how long, of how many that it took before
#   LAB_SPARSE        the argument of make with which sparse understands a kernel
#   lab_checker KERNEL HEADERS  puts into HEADERS what make needs for sparse
#   lab_whole PATH    is PATH all there, as lab_done left it?
#   lab_say, lab_die  messages on stderr

# shellcheck disable=SC2034
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_DIR=$REPO/selftests/lab
CACHE=${VFIO_MIG_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vfio-mig}

lab_say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
lab_die() { lab_say "$@"; exit 1; }

lab_key() { cat -- "$@" | sha256sum | cut -c1-12; }

# The kernels that everything is tested on, and those that the modules are built
# for. A role that the archive has no package for is skipped, and said.
LAB_KERNELS="stable newest"
LAB_BUILT="stable newest previous"

lab_roles() {
	[ -z "${LAB_RESOLVED:-}" ] || return 0
	LAB_RESOLVED=$("$LAB_DIR/roles.sh") || exit 1
	export LAB_RESOLVED
}

lab_role() { # ROLE
	lab_roles
	awk -v r="$1" '$1 == r { print $2, $3 }' "$LAB_RESOLVED"
}

is_role() { awk -v r="$1" '$1 == "role" && $2 == r { n = 1 } END { exit !n }' "$LAB_DIR/roles"; }

# What is in the tree: the roles that are its kernels and its QEMU.
lab_tree() {
	lab_roles
	printf '%s/tree-%s\n' "$CACHE" "$({ cat "$LAB_DIR/tree.sh" "$LAB_DIR/packages"
		grep -E '^(stable|newest|previous|qemu) ' "$LAB_RESOLVED"; } |
		sha256sum | cut -c1-12)"
}

lab_disk() {
	local tree
	tree=$(lab_tree)
	printf '%s\n' "$CACHE/disk-${tree##*/tree-}.img"
}

lab_initrd() { # FULL_VERSION
	printf '%s\n' "$CACHE/initrd-$1-$(lab_key "$LAB_DIR/initrd.sh").cpio"
}

# What lab_chroot runs inside its private mount namespace.
# shellcheck disable=SC2016
LAB_ENTER='
set -eu
tree=$1 repo=$2 cache=$3; shift 3
mkdir -p "$tree/src" "$tree/cache"
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$repo" "$tree/src"
mount --bind "$cache" "$tree/cache"
cd /
exec chroot "$tree" "$@"'

# The mounts live in a private namespace: nothing stays mounted afterwards.
# The working directory inside is /; use sh -c "cd /src && ..." or make -C.
# This one does not return. LAB_PREFIX may hold a command to run it under; LAB_TREE
# may name another tree.
LAB_PREFIX=()
lab_chroot_exec() {
	exec ${LAB_PREFIX[@]+"${LAB_PREFIX[@]}"} env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root TERM=dumb \
		unshare -m --propagation private \
		sh -c "$LAB_ENTER" lab "${LAB_TREE:-$(lab_tree)}" "$REPO" "$CACHE" "$@"
}

lab_chroot() { (lab_chroot_exec "$@"); }

# The installed versions that have headers.
installed_kernels() {
	local dir
	for dir in "$(lab_tree)"/lib/modules/*; do
		[ -e "$dir/build" ] || [ -L "$dir/build" ] || continue
		printf '%s\n' "${dir##*/}"
	done | sort -V
}

# The version of a role's package, whether it is installed or not.
role_version() { # ROLE
	local package
	lab_roles
	package=$(lab_role "$1" | cut -d' ' -f1)
	[ -n "$package" ] || lab_die "there is no kernel \"$1\": $(
		grep "^# $1:" "$LAB_RESOLVED" || echo "the archive has none")"
	printf '%s\n' "${package#linux-image-}"
}

lab_kver() { # ROLE|VERSION
	local wanted=$1 name=$1 found
	if is_role "$1"; then
		wanted=$(role_version "$1") || return 1
		name="$1 ($wanted)"
	fi
	found=$(installed_kernels | awk -v w="$wanted" '
		index($0, w) == 1 && substr($0, length(w) + 1, 1) !~ /[0-9]/' | tail -n 1)
	[ -n "$found" ] || lab_die "no kernel $name with headers in the tree; it has: $(
		installed_kernels | paste -sd' ')"
	printf '%s\n' "$found"
}

# The patches are for machines that run guests.
lab_own_kernel() { # NAME
	local files=("$LAB_DIR/$1.config" "$LAB_DIR/kernel.sh")
	[ "$1" = guest ] || files+=("$LAB_DIR"/patches/*)
	printf '%s/%s-kernel-%s\n' "$CACHE" "$1" \
		"$({ cat "${files[@]}"; lab_role "$1"; } | sha256sum | cut -c1-12)"
}

lab_kernel() { # KERNEL
	local full dir initrd
	if [ "$1" = deep ]; then
		dir=$(lab_own_kernel deep)
		initrd=$(lab_initrd "${dir##*/}")
		dir=/cache/${dir##*/}
		printf '%s\n' "$dir/bzImage" "$dir/build" "/cache/${initrd##*/}"
		return
	fi
	full=$(lab_kver "$1") || return 1
	initrd=$(lab_initrd "$full")
	printf '%s\n' "/boot/vmlinuz-$full" "/lib/modules/$full/build" \
		"/cache/${initrd##*/}"
}

# Seconds that a step took the last time, or the estimate that is given.
expected_seconds() { # TEXT ESTIMATE
	awk -F'\t' -v t="$1" -v e="$2" '$1 == t { e = $2 } END { print e }' \
		"$CACHE/times" 2>/dev/null || echo "$2"
}

# Waits a number of seconds with nothing that outlives this shell.
pause() { # SECONDS
	local fd
	exec {fd}<> <(:)
	read -r -t "$1" -u "$fd" _ || :
	exec {fd}<&-
}

# LAB_WATCH may name what grows meanwhile.
tell_progress() { # TEXT EXPECTED
	local start=$SECONDS more=
	while :; do
		pause 15
		[ ! -e "${LAB_WATCH:-/none}" ] ||
			more=", $(du -sm "$LAB_WATCH" 2>/dev/null | cut -f1) MB so far"
		lab_say "$1: $((SECONDS - start)) s of about $2 s$more"
	done
}

# CMD runs in the background, since "||" would switch set -e off inside.
lab_step() { # TEXT SECONDS CMD...
	local text=$1 expected ticker status=0 start=$SECONDS
	expected=$(expected_seconds "$1" "$2")
	shift 2
	lab_say "$text (about $expected s)"
	tell_progress "$text" "$expected" &
	ticker=$!
	"$@" &
	wait $! || status=$?
	kill "$ticker"
	wait "$ticker" 2>/dev/null || :
	[ $status -ne 0 ] ||
		printf '%s\t%s\n' "$text" $((SECONDS - start)) >>"$CACHE/times"
	return $status
}

# What a later run compares with: of a directory the number of files but for
# those that its own programs write, of a file its length and both ends.
lab_mark() { # PATH
	if [ -d "$1" ]; then
		(cd "$1" && find . -xdev \( -path ./var -o -path ./src -o -path ./cache -o -path ./lab \) \
			-prune -o -type f -printf .) | wc -c
	else
		stat -c %s "$1"
		{ head -c 1048576 "$1"; tail -c 1048576 "$1"; } | sha256sum
	fi
}

lab_done() { lab_mark "$1" >"$1.whole"; } # PATH

# A directory may have grown.
lab_whole() { # PATH
	local now mark
	[ -e "$1" ] || return 1
	now=$(lab_mark "$1")
	mark=$(cat "$1.whole" 2>/dev/null) || :
	if [ -z "$mark" ]; then
		:
	elif [ "$now" = "$mark" ] || { [ -d "$1" ] && [ "$now" -ge "$mark" ]; }; then
		return 0
	fi
	lab_say "${1##*/} in the cache is not whole; it is made again"
	rm -rf --one-file-system "$1" "$1.whole"
	return 1
}

# What sparse is called with. One of 0.6.4 knows neither __typeof_unqual__ nor the
# length of a constant string, and goes quiet after the error that is no error. Its
# lock contexts do not understand scope-based guards.
LAB_SPARSE="CF=-D__CHECK_ENDIAN__ -Wno-context -D__typeof_unqual__=__typeof__ \
	'-D__builtin_strlen(s)=(sizeof(s)-1)'"

# Debian's headers leave out a script that newer makefiles call to try sparse.
lab_checker() { # ROLE|VERSION HEADERS
	local script=scripts/checker-valid.sh source
	grep -q "$script" "$2/Makefile" && [ ! -e "$2/$script" ] || return 0
	source=$("$LAB_DIR/linux-source.sh" "$1") || return 1
	install -m 755 "$source/$script" "$2/$script"
}

build_own_module() { # NAME DIR BUILD_DIRECTORY KERNEL
	local source work=$2.new
	source=$("$LAB_DIR/linux-source.sh" "$4")
	rm -rf "$work"
	prepare "$source" "$work"
	lab_chroot make -s -j"$(nproc)" -C "$3" "M=/cache/${work##*/}" modules \
		>"$work.log" 2>&1 || lab_die "no $1; the log is $work.log"
	lab_chroot strip -g "/cache/${work##*/}/$1.ko"
	mkdir -p "$2"
	mv "$work/$1.ko" "$2/"
	rm -rf "$work"
}

lab_own_module() { # NAME VER FILE...
	local name=$1 version=$2 files dir
	shift 2
	"$LAB_DIR/image.sh"
	mapfile -t files < <(lab_kernel "$version")
	dir=$CACHE/$name-$(lab_kver "$version")-$(lab_key "$@")
	exec 9>"$CACHE/$name.lock"
	flock -w 1800 9 || lab_die "another build of $name does not end"
	[ -s "$dir/$name.ko" ] || build_own_module "$name" "$dir" "${files[1]}" "$version"
	printf '%s\n' "$dir/$name.ko"
}
