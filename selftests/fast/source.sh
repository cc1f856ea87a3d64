#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# source.sh: fetches the newest linux-source of Debian 13's backports, once, into
# the cache, and prints where it is. It needs no root: apt runs with lists of its
# own. The mirror is the one that this host's apt is configured with.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

suite=trixie-backports
apt=$CACHE/apt-fast

# shellcheck disable=SC2016
mirror() {
	apt-get indextargets --format '$(SITE)|$(ORIGIN)|$(LABEL)' |
		awk -F'|' '$2 == "Debian" && $3 !~ /Security/ && !n++ { print $1 }'
}

configure() {
	local site
	site=$(mirror)
	[ -n "$site" ] || lab_die "apt names no Debian mirror (apt-get update first?)"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	echo "deb $site $suite main" >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-END
	Dir::State::lists "$apt/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$apt/cache";
	Dir::Etc::sourcelist "$apt/sources.list";
	Dir::Etc::sourceparts "-";
	Acquire::Languages "none";
	APT::Sandbox::User "";
	END
}

# Once a day; a host without network goes on with what it knows.
update() {
	[ -z "$(find "$apt/updated" -mmin -1440 2>/dev/null)" ] || return 0
	configure
	if APT_CONFIG=$apt/apt.conf apt-get update -qq >"$apt/log" 2>&1; then
		touch "$apt/updated"
	elif [ ! -e "$apt/updated" ]; then
		lab_die "the archive cannot be reached; the log is in $apt/log"
	fi
}

newest() {
	apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1 |
		sort -V | tail -n 1
}

fetch() { # DIR PACKAGE
	local work=$1.new
	rm -rf "$work"
	mkdir -p "$work/deb"
	lab_say "fetching $2, 160 MB"
	(cd "$work/deb" && apt-get download -qq "$2" && dpkg -x "$2"_*.deb . &&
		tar -xf usr/src/"$2".tar.xz -C "$work" --strip-components=1) \
		>"$apt/log" 2>&1 || lab_die "no source; the log is in $apt/log"
	rm -rf "$work/deb"
	mv "$work" "$1"
}

mkdir -p "$apt"
exec 9>"$CACHE/fast-source.lock"
flock -w 1800 9 || lab_die "another fetch of the source does not end"
update
export APT_CONFIG=$apt/apt.conf
package=$(newest)
[ -n "$package" ] || lab_die "$suite has no linux-source"
version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
dir=$CACHE/fast-source-${version//[:~]/-}
[ -d "$dir" ] || fetch "$dir" "$package"
printf '%s\n' "$dir"
