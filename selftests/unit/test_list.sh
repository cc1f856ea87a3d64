#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test_list.sh: drivers/modules.list has each module, and what it says is there. So has
# what follows the modules' sources by hand: faults and the strict model. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/tap.sh
. selftests/tap.sh

listed() { drivers/list.sh lines | cut -d' ' -f1 | sort; }

there() { find drivers -mindepth 2 -maxdepth 2 -name Kbuild -printf '%h\n' | sed 's,.*/,,' | sort; }

same_directories() { diff <(listed) <(there); }

is_built() { grep -q -x "obj-m += $2.o" "drivers/$1/Kbuild"; } # DIRECTORY MODULE

has_tables() { # DIRECTORY PREFIX
	grep -q "^static const struct vmig_section $2_sections\[\]" "drivers/$1/sections.h"
}

drives() { # DIRECTORY CARD
	local vendor device ids
	ids=$(cat "drivers/$1"/*.[ch])
	vendor=$(sed -n 's/.*PCI_DRIVER_OVERRIDE_DEVICE_VFIO(\(\w*\), *\(\w*\)).*/\1/p' <<<"$ids")
	device=$(sed -n 's/.*PCI_DRIVER_OVERRIDE_DEVICE_VFIO(\(\w*\), *\(\w*\)).*/\2/p' <<<"$ids")
	[ "$vendor" != PCI_VENDOR_ID_INTEL ] || vendor=0x8086
	[[ $vendor == 0x* ]] || vendor=$(defined "$vendor" <<<"$ids")
	[ "$vendor $(defined "$device" <<<"$ids")" = "0x${2%:*} 0x${2#*:}" ]
}

defined() { sed -n "s/^#define[[:space:]]*$1[[:space:]]*//p"; } # NAME

# As dkms reads its configuration: from anywhere.
dkms_modules() (
	# shellcheck disable=SC2034
	kernel_source_dir='' dkms_tree='' top=$PWD
	cd / || exit 1
	# shellcheck source=/dev/null
	. "$top/dkms.conf"
	for i in "${!BUILT_MODULE_NAME[@]}"; do
		echo "${BUILT_MODULE_NAME[i]} ${BUILT_MODULE_LOCATION[i]} ${DEST_MODULE_LOCATION[i]}"
	done
)

dkms_has_all() {
	diff <(dkms_modules) <(drivers/list.sh lines |
		awk '{ print $2, "drivers/" $1, "/updates/dkms" }')
}

tap "the list has all directories with a module" same_directories
while read -r name module prefix card; do
	tap "$name builds $module" is_built "$name" "$module"
	[ "$prefix" = - ] || tap "$name has tables $prefix" has_tables "$name" "$prefix"
	[ "$card" = - ] || tap "$name drives $card" drives "$name" "$card"
	[ "$card" = - ] || tap "$name has tests" [ -x "selftests/$name/run.sh" ]
done < <(drivers/list.sh lines)
tap "dkms builds and installs all" dkms_has_all
tap "each fault of mutants.list can be put in" selftests/fast/mutate.py check .
tap "the strict model builds" make -s -C selftests/strict built
echo "1..$number"
exit "$status"
