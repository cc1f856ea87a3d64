#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pictures.sh: no picture is older than its text, and no text says other than the
# code. Needs neither graphviz nor mscgen. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP/Documentation/pictures" || exit 1

follows_from_code() { # NAME
	diff "$1.dot" <(./from-code.py "$1")
}

is_not_stale() { # TEXT
	local svg=${1%.*}.svg hash
	hash=$(cat "$1" make.sh | sha256sum | cut -c1-64)
	[ "$(tail -n 1 "$svg")" = "<!-- SPDX-License-Identifier: GPL-2.0-only; made of $1, $hash -->" ]
}

is_xml() { # SVG
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1"
}

is_shown() { # SVG
	grep -rqF "pictures/$1" --include='*.rst' --include='*.md' "$TOP/Documentation" "$TOP/README.md"
}

# "STRUCTURE.LOCK" of each lock in a structure, and the name of each other one.
locks() {
	local sources
	mapfile -t sources < <(git -C "$TOP" ls-files 'drivers/*.[ch]' 'include/vmig/*.h')
	cd "$TOP" && awk 'FNR == 1 { s = "" }
	/^struct [a-z_]+ \{/ { s = $2 }
	s && match($0, /^\t(struct mutex|spinlock_t|struct rw_semaphore) [a-z_]+;/) {
		split(substr($0, RSTART, RLENGTH), w, /[ ;]/)
		print s "." w[w[1] == "\tstruct" ? 3 : 2]
	}
	/^}/ { s = "" }
	match($0, /DEFINE_(MUTEX|SPINLOCK)\([a-z_]+/) {
		split(substr($0, RSTART, RLENGTH), w, "(")
		print w[2]
	}' "${sources[@]}"
}

names_every_lock() {
	local lock missing=0
	(locks) >"$WORK/locks"
	[ "$(wc -l <"$WORK/locks")" -ge 14 ] || return 1
	while read -r lock; do
		grep -qF "label=\"$lock\\n" locks.dot || { echo "missing: $lock"; missing=1; }
	done <"$WORK/locks"
	return "$missing"
}

names_no_other_lock() {
	local lock other=0
	(locks) >"$WORK/locks"
	while read -r lock; do
		grep -qxF "$lock" "$WORK/locks" || { echo "no such lock: $lock"; other=1; }
	done < <(grep -oE 'label="[a-z_]+\.[a-z_]+\\n|label="[a-z]+_mutex\\n' locks.dot |
		sed -E 's/label="([a-z_.]+)..*/\1/')
	return "$other"
}

# A lock that can be taken while it is held itself is no order.
has_no_circle() {
	sed -n 's/ \[label="[^"]*"\]//g; s/^\t[a-z]* -> .*/&/p' locks.dot | tr ';' '\n' |
		sed -n 's/^[ \t]*\([a-z]*\) -> \([a-z]*\)$/\1 \2/p' | tsort >/dev/null
}

value() { # NAME
	sed -n "s/^#define $1[ \t]*\([0-9]*\)u.*/\1/p" "$TOP/include/vmig/stream.h"
}

sizes_are_right() {
	local record
	grep -qF "header\\n$(value VMIG_HEADER_LEN) bytes" stream.dot &&
		grep -qF "END\\n$(value VMIG_END_LEN) bytes" stream.dot &&
		grep -qF "0 to $(value VMIG_CHUNK_MAX)" stream.dot || return 1
	record=$(sed -n 's/^\trecord \[label="\(.*\) | payload.*/\1/p' stream.dot |
		grep -oE '\\n[0-9]+' | tr -d '\\n' | paste -sd+)
	[ $((record)) = "$(value VMIG_RECORD_LEN)" ]
}

record_has_its_fields() {
	local field
	sed -n '/^struct vmig_record {/,/^}/s/^\tu[0-9]* \([a-z]*\);/\1/p' \
		"$TOP/include/vmig/stream.h" >"$WORK/fields"
	[ "$(wc -l <"$WORK/fields")" = 7 ] || return 1
	while read -r field; do
		grep "^	record " stream.dot | grep -qE "[\"|] ?$field\\\\n" || { echo "missing: $field"; return 1; }
	done <"$WORK/fields"
}

# States and names that linux/vfio.h or the format do not have.
sequence_has_real_states() {
	local word
	while read -r word; do
		case $word in
		SET_STATE | TOKN | END | VFIO_MIG_GET_PRECOPY_INFO) ;;
		*) grep -q "\[VFIO_DEVICE_STATE_$word\]" "$TOP/drivers/vfio-mig/report.c" || { echo "$word"; return 1; } ;;
		esac
	done < <(sed 1d migration.msc | grep -oE '\b[A-Z]+(_[A-Z0-9]+)+\b|\b(STOP|RUNNING|RESUMING|TOKN|END)\b' | sort -u)
}

for name in modules states; do
	tap "$name.dot follows from the code" follows_from_code "$name"
done
for text in *.dot *.msc; do
	tap "${text%.*}.svg is made of $text as it is" is_not_stale "$text"
	tap "${text%.*}.svg is well-formed" is_xml "${text%.*}.svg"
	tap "${text%.*}.svg is on a page" is_shown "${text%.*}.svg"
done
tap "locks.dot names each lock" names_every_lock
tap "locks.dot names no other" names_no_other_lock
tap "locks.dot is an order" has_no_circle
tap "stream.dot has the sizes of stream.h" sizes_are_right
tap "stream.dot has the fields of a record" record_has_its_fields
tap "migration.msc has states that there are" sequence_has_real_states
plan
