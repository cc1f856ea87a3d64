#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make.sh [OUT]: writes the project as series of patches against the newest
# linux-source, to OUT/vfio-mig and OUT/vfio-suite (default: build/upstream).
# series.py makes the commits. Needs git and what building a kernel needs; no root.
#
# UPSTREAM_FROM, as 'NAME <MAIL>', is the author, and becomes the line M: of
# MAINTAINERS and Signed-off-by: of each patch, by which the author certifies what
# Documentation/process/submitting-patches.rst says. Without it there are no such lines.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/common.sh
. "$here/../selftests/lab/common.sh"

out=$(realpath -m "${1:-$REPO/build/upstream}")
source=$("$LAB_DIR/linux-source.sh" newest)
prepared=$CACHE/upstream-$(printf '%s\n' "$source" |
	cat - "$here/kernel.config" "$here/make.sh" | sha256sum | cut -c1-12)

# A tree that modules can be built for, and so be probed.
prepare() {
	rm -rf "$prepared" && mkdir -p "$prepared" &&
		make -s -C "$source" O="$prepared" ARCH=x86_64 KCONFIG_ALLCONFIG="$here/kernel.config" \
			allnoconfig &&
		make -s -C "$source" O="$prepared" ARCH=x86_64 -j"$(nproc)" modules_prepare &&
		cc -O2 -o "$prepared/unifdef" "$source/scripts/unifdef.c" || return
	rm -rf "$prepared/probe" && mkdir -p "$prepared/probe/include" &&
		cp "$REPO/Kbuild" "$prepared/probe/" &&
		cp -R "$REPO/include/compat" "$prepared/probe/include/" || return
}

# The probes may have changed since.
probe() {
	cp -R "$REPO/include/compat" "$prepared/probe/include/" &&
		make -s -C "$prepared" ARCH=x86_64 M="$prepared/probe" VMIG_PROBE_ONLY=1 \
			KBUILD_MODPOST_WARN=1 modules &&
		[ -s "$prepared/probe/vmig_probed.h" ] && cp "$prepared/probe/vmig_probed.h" "$prepared/"
}

# The subject and the text of the cover are in cover.txt.
cover() { # SERIES
	local file
	file=$(echo "$out/$1"/0000-*.patch)
	python3 - "$here/$1/cover.txt" "$file" "${source##*/}" "$(cat "$REPO/VERSION")" <<'END'
import re, sys
cover, patch, source, version = sys.argv[1:]
subject, text = open(cover, encoding="utf-8").read().split("\n", 1)
kernel = re.sub(r"^linux-source-[^-]*-", "", source).rsplit("-", 1)[0]
old = open(patch, encoding="utf-8").read()
new = old.replace("*** SUBJECT HERE ***", subject).replace("*** BLURB HERE ***",
    f"{text.strip()}\n\nMade of vfio-mig {version}, for Debian's linux-source {kernel}.")
open(patch, "w", encoding="utf-8").write(new)
END
}

# Every line ends it if it fails: "set -e" is off where the caller asks.
commits() { # SERIES REPOSITORY
	git -c init.defaultBranch=main init -q "$2" || return
	"$here/series.py" "$source" "$prepared/vmig_probed.h" "$2" "$1" || return
	git -C "$2" -c user.name=vfio-mig -c user.email=vfio-mig@example.org \
		format-patch -q --cover-letter --no-signature --stat=72 -o "$out/$1" \
		"-$(($(git -C "$2" rev-list --count HEAD) - 1))"
}

series() { # SERIES
	local repo status=0
	repo=$(mktemp -d)
	rm -rf "${out:?}/$1"
	commits "$1" "$repo" || status=$?
	rm -rf "$repo"
	[ $status = 0 ] || return $status
	cover "$1"
	lab_say "$1: $(($(find "$out/$1" -name '*.patch' | wc -l) - 1)) patches in $out/$1"
}

exec 9>"$CACHE/upstream.lock"
flock -w 1800 9 || lab_die "another make.sh does not end"
[ -e "$prepared.whole" ] || {
	lab_step "preparing the kernel that patches are made for" 90 prepare >"$prepared.log" 2>&1 ||
		lab_die "it does not; the log is $prepared.log"
	touch "$prepared.whole"
}
probe >"$prepared.log" 2>&1 || lab_die "the probes do not run; the log is $prepared.log"
series vfio-mig
series vfio-suite
[ -n "${UPSTREAM_FROM:-}" ] ||
	lab_say "no UPSTREAM_FROM='NAME <MAIL>': the patches have no Signed-off-by:, MAINTAINERS no M:"
