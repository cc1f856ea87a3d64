# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions shared by the lab's scripts. Source it; it runs nothing by itself.
#
#   CACHE             where the tree, images and kernels are kept
#   REPO              the project's top directory
#   lab_tree          prints the path of the Debian tree (see tree.sh)
#   lab_chroot CMD..  runs CMD in the tree: /src is the project, /cache is CACHE
#   lab_disk          prints the path of the disk image made from the tree
#   lab_initrd VER    prints the path of the initramfs for a full version
#   lab_key FILE..    prints a short hash over the contents of FILEs
#   lab_kver VER      prints the tree's full version of a short one (6.12)
#   lab_own_kernel N  prints the directory of a kernel of ours (see kernel.sh)
#   lab_kernel VER    prints, for 6.12, 7.2 or deep: the kernel's file, its
#                     build directory and its initramfs, as seen in the tree
#   lab_own_module NAME VER FILE..  prints where the module NAME for a kernel is,
#                     once it is built, outside of the kernel's own build: the
#                     caller's prepare SOURCE DIR puts into DIR what is built, and
#                     whatever it depends on besides the kernel is in FILEs
#   lab_say, lab_die  messages on stderr

# shellcheck disable=SC2034
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_DIR=$REPO/selftests/lab
CACHE=${VFIO_MIG_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vfio-mig}

lab_say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
lab_die() { lab_say "$@"; exit 1; }

lab_key() { cat -- "$@" | sha256sum | cut -c1-12; }

# The kernels that everything is built and tested for.
LAB_KERNELS="6.12 7.2"

lab_tree() { printf '%s\n' "$CACHE/tree-$(lab_key "$LAB_DIR/tree.sh" "$LAB_DIR/packages")"; }

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
# This one does not return. LAB_PREFIX may hold a command to run it under.
LAB_PREFIX=()
lab_chroot_exec() {
	exec ${LAB_PREFIX[@]+"${LAB_PREFIX[@]}"} env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root TERM=dumb \
		unshare -m --propagation private \
		sh -c "$LAB_ENTER" lab "$(lab_tree)" "$REPO" "$CACHE" "$@"
}

lab_chroot() { (lab_chroot_exec "$@"); }

# The highest installed version whose name starts with $1 and has headers.
lab_kver() {
	local dir found
	found=$(for dir in "$(lab_tree)"/lib/modules/"$1".*; do
		[ -e "$dir/build" ] || [ -L "$dir/build" ] || continue
		printf '%s\n' "${dir##*/}"
	done | sort -V | tail -n 1)
	[ -n "$found" ] || lab_die "no kernel $1 with headers in the tree"
	printf '%s\n' "$found"
}

# The patches are for machines that run guests.
lab_own_kernel() { # NAME
	local files=("$LAB_DIR/$1.config")
	[ "$1" = guest ] || files+=("$LAB_DIR"/patches/*)
	printf '%s/%s-kernel-%s\n' "$CACHE" "$1" \
		"$({ cat "${files[@]}"; lab_kver 7.2; } | sha256sum | cut -c1-12)"
}

lab_kernel() { # VER
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

build_own_module() { # NAME DIR BUILD_DIRECTORY
	local source work=$2.new
	source=$("$LAB_DIR/linux-source.sh")
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
	[ -s "$dir/$name.ko" ] || build_own_module "$name" "$dir" "${files[1]}"
	printf '%s\n' "$dir/$name.ko"
}
