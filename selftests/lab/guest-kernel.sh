#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-kernel.sh: builds, once, the kernel of the guests that the tests
# migrate (about ten minutes on two cores) and prints where it is: a directory
# with bzImage and config.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

fragment=$LAB_DIR/guest.config

key() { { cat "$fragment"; lab_kver 7.2; } | sha256sum | cut -c1-12; }

# Every line of the fragment has to survive the configuration.
check_config() { # CONFIG
	local line lost=0
	while read -r line; do
		grep -q -x -F -e "$line" "$1" && continue
		# An option that its dependencies hide is not set, too.
		[[ $line == "# CONFIG_"* ]] && [[ $line =~ (CONFIG_[A-Z0-9_]+) ]] &&
			! grep -q "^${BASH_REMATCH[1]}=" "$1" && continue
		lab_say "lost: $line"
		lost=1
	done < <(grep -e '^CONFIG_' -e '^# CONFIG_.* is not set$' "$fragment")
	[ $lost = 0 ]
}

# shellcheck disable=SC2016
configure='
set -eu
cd "$1"
make -s O="$2" tinyconfig
O=$2 scripts/kconfig/merge_config.sh -m -O "$2" "$2/.config" "$3"
make -s O="$2" olddefconfig'

build() { # DIR
	local source object=guest-object-${1##*-}
	source=$("$LAB_DIR/linux-source.sh")
	source=/cache/${source##*/}
	rm -rf "${CACHE:?}/$object"
	mkdir -p "$CACHE/$object" "$1.new"
	lab_chroot sh -c "$configure" configure "$source" "/cache/$object" \
		/src/selftests/lab/guest.config
	check_config "$CACHE/$object/.config" ||
		lab_die "the fragment asks for what this kernel has not"
	lab_chroot make -s -C "$source" "O=/cache/$object" -j"$(nproc)" bzImage
	cp "$CACHE/$object/arch/x86/boot/bzImage" "$1.new/"
	cp "$CACHE/$object/.config" "$1.new/config"
	mv "$1.new" "$1"
	rm -rf "${CACHE:?}/$object"
}

"$LAB_DIR/image.sh"
dir=$CACHE/guest-kernel-$(key)
exec 9>"$CACHE/guest-kernel.lock"
flock -w 2400 9 || lab_die "another build of the guest's kernel does not end"
if [ ! -s "$dir/bzImage" ]; then
	lab_say "building the guest's kernel (about ten minutes)"
	log=$CACHE/guest-kernel.log
	# In the background, since "||" would switch set -e off inside.
	build "$dir" >"$log" 2>&1 &
	wait $! || {
		tail -n 20 "$log" >&2
		lab_die "no kernel for the guest; the log is in $log"
	}
fi
printf '%s\n' "$dir"
