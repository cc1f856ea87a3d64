#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# versions.sh: the product has one number, and each licence that a file names has
# its text. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1
version=$(cat VERSION)

is_number() { [[ $version =~ ^[0-9]+\.[0-9]+$ ]]; }

same() { # WHAT IT_HAS
	[ "$1" = "$version" ] || { echo "$1, not $version"; return 1; }
}

of_library() { sed -n 's/^#define VFIOMIG_VERSION_M[AI][JN]OR\t//p' userspace/lib/vfiomig.h | paste -sd.; }
of_dkms() { sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf; }
of_news() { sed -n '1s/^vfio-mig \([0-9.]*\).*/\1/p' NEWS; }
of_deb() { sed -n "1s,^vfio-mig (\([0-9.]*\)).*,\1,p" debian/changelog; }
of_page() { sed -n 's/^\.TH .*libvfiomig \([0-9.]*\)".*/\1/p' "$1"; }

# Other numbers in what an operator is told to type.
dkms_commands() {
	git grep -noE 'vfio-mig/[0-9][0-9.]*[0-9]' -- README.md Documentation dkms.conf CONTRIBUTING.md |
		grep -v "vfio-mig/$version\$"
}

licences() {
	git grep -hoE 'SPDX-License-Identifier: [A-Za-z0-9. -]+' | sed 's/.*: //' |
		sed -E 's/ (OR|AND|WITH) /\n/g; s/ .*//' | grep -E '^[A-Z][A-Za-z]*-[A-Za-z0-9.-]*$' | sort -u
}

each_has_its_text() {
	local name
	while read -r name; do
		[ -s "LICENSES/$name.txt" ] || echo "no LICENSES/$name.txt"
	done < <(licences)
}

no_text_is_for_nothing() {
	local file
	for file in LICENSES/*.txt; do
		licences | grep -qx "$(basename "$file" .txt)" || echo "$file"
	done
}

# Files whose kind can carry a comment, and have no licence.
without_licence() {
	git ls-files '*.[ch]' '*.sh' '*.py' '*.rst' '*.md' '*.dot' '*.msc' '*.svg' '*Makefile' '*Kbuild' |
		xargs grep -L 'SPDX-License-Identifier: '
}

rooms_are_there() {
	local room
	while read -r room; do
		[ "$room" = '*' ] || [ -e "$room" ] || echo "$room"
	done < <(sed -n 's/^F:\t//p' MAINTAINERS)
}

tap "VERSION is a number" is_number
tap "the library has it" same "$(of_library)"
tap "dkms has it" same "$(of_dkms)"
tap "NEWS begins with it" same "$(of_news)"
tap "the packages have it" same "$(of_deb)"
for page in userspace/cli/vfio-mig.1 userspace/lib/vfiomig.3; do
	tap "${page##*/} has it" same "$(of_page "$page")"
done
tap "commands in documents have it" quiet dkms_commands
tap "each licence has its text" quiet each_has_its_text
tap "no licence's text is for nothing" quiet no_text_is_for_nothing
tap "each file has a licence" quiet without_licence
tap "MAINTAINERS names files that are there" quiet rooms_are_there
plan
