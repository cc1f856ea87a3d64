#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh guest|deep: builds, once, a kernel of our own from the source that
# the table "roles" names, and prints where it is: a directory with bzImage and
# config. Twenty minutes on two cores for deep, five for guest.
#
#   guest  the kernel of the guests that the tests migrate
#   deep   an L1 kernel with every check on; also has build/, for modules
#          against it, and modules/, its own modules (lib/modules)
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

name=${1:-}
fragment=$LAB_DIR/$name.config
case $name in guest | deep) ;;
*) lab_die "usage: kernel.sh guest|deep" ;; esac

# Every line of the fragment has to survive the configuration, but for those
# below its line "# Wished": a kernel need not have these.
check_config() { # CONFIG
	local line lost=0
	while read -r line; do
		[ "$line" != "# Wished" ] || break
		grep -q -x -F -e "$line" "$1" && continue
		# An option that its dependencies hide is not set, too.
		[[ $line == "# CONFIG_"* ]] && [[ $line =~ (CONFIG_[A-Z0-9_]+) ]] &&
			! grep -q "^${BASH_REMATCH[1]}=" "$1" && continue
		lab_say "lost: $line"
		lost=1
	done < <(grep -e '^CONFIG_' -e '^# CONFIG_.* is not set$' -e '^# Wished$' "$fragment")
	[ $lost = 0 ]
}

# shellcheck disable=SC2016
configure='
set -eu
cd "$1"
make -s O="$2" tinyconfig
O=$2 scripts/kconfig/merge_config.sh -m -O "$2" "$2/.config" "$3"
make -s O="$2" olddefconfig'

# What modules of others need of a build stays: all but the objects.
keep_modules() { # DIR
	local inside=/cache/${1##*/}
	lab_chroot make -s -C "$inside/build" -j"$(nproc)" modules
	lab_chroot make -s -C "$inside/build" INSTALL_MOD_PATH="$inside/modules" \
		modules_install
	find "$1/build" -type f ! -path "$1/build/scripts/*" \
		! -path "$1/build/tools/*" \( -name '*.o' -o -name '*.a' \
		-o -name '*.ko' -o -name '.*.cmd' -o -name 'vmlinux*' \) -delete
}

build() { # DIR
	local source object=/cache/${1##*/}/build
	source=$("$LAB_DIR/linux-source.sh" "$name")
	source=/cache/${source##*/}
	rm -rf "$1"
	mkdir -p "$1/build"
	lab_chroot sh -c "$configure" configure "$source" "$object" \
		"/src/selftests/lab/$name.config"
	cp "$1/build/.config" "$1/config"
	check_config "$1/config" ||
		lab_die "the fragment asks for what this kernel has not"
	lab_chroot make -s -C "$source" "O=$object" -j"$(nproc)" bzImage
	cp "$1/build/arch/x86/boot/bzImage" "$1/bzImage.new"
	if grep -q -x CONFIG_MODULES=y "$1/config"; then
		keep_modules "$1"
	else
		rm -rf "${1:?}/build"
	fi
	mv "$1/bzImage.new" "$1/bzImage"
}

build_logged() { build "$@" >"$log" 2>&1; }

"$LAB_DIR/image.sh"
lab_roles
dir=$(lab_own_kernel "$name")
exec 9>"$CACHE/$name-kernel.lock"
flock -w 3000 9 || lab_die "another build of the $name kernel does not end"
if [ ! -s "$dir/bzImage" ]; then
	case $name in guest) expected=300 ;; *) expected=1200 ;; esac
	log=$CACHE/$name-kernel.log
	LAB_WATCH=$dir lab_step "building the $name kernel" $expected build_logged "$dir" || {
		tail -n 20 "$log" >&2
		lab_die "no $name kernel; the log is in $log"
	}
fi
printf '%s\n' "$dir"
