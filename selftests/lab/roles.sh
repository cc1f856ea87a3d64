#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# roles.sh [--fresh]: finds today's package for each role of the table "roles", and
# prints the path of a file with lines "ROLE PACKAGE VERSION". A role that has
# none is absent from it; a line "# TEXT" says why. The archive is asked once a
# day, with --fresh at once; when it cannot be reached, the last answer counts,
# and roles.sh says so.
#
# VFIO_MIG_PIN pins roles: a file as roles.sh writes it (each run of the lab
# leaves one in build/resolved), or words ROLE=VERSION, where VERSION is a
# version or its beginning, or "none". A pin needs packages that the archive
# still has. LAB_RESOLVED names a file that is taken as it is.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"

# Chooses packages. Reads the index, then the table; prints lines of the answer.
# shellcheck disable=SC2016
choose='
function series(v) { return match(v, /^[0-9]+\.[0-9]+/) ? substr(v, 1, RLENGTH) : v }
function part(v, n,   a) { split(v, a, /[^0-9]+/); return a[n] + 0 }
# The order of upstream versions with numbers of any length, then of the text.
function less(a, b,   i) {
	sub(/^[0-9]+:/, "", a); sub(/^[0-9]+:/, "", b)
	for (i = 1; i <= 6; i++)
		if (part(a, i) != part(b, i))
			return part(a, i) < part(b, i)
	return a < b
}
function begins(s, head,   next_char) {
	if (substr(s, 1, length(head)) != head) return 0
	next_char = substr(s, length(head) + 1, 1)
	return next_char == "" || head == "" || next_char !~ /[0-9]/
}
function star(package, pattern,   i, head, tail, s) {
	i = index(pattern, "*")
	if (!i) return package == pattern ? "-" : ""
	head = substr(pattern, 1, i - 1); tail = substr(pattern, i + 1)
	if (substr(package, 1, length(head)) != head) return ""
	s = substr(package, length(head) + 1)
	if (tail != "") {
		if (substr(s, length(s) - length(tail) + 1) != tail) return ""
		s = substr(s, 1, length(s) - length(tail))
	}
	return s ~ /^[0-9][0-9a-z.+~]*(-[0-9]+)?$/ ? s : ""
}
function kernel(pattern) { return pattern ~ /^linux-image-/ }
# The best of the packages of a role, below a series if that is given.
function best(role, below,   i, s, c) {
	c = 0
	for (i = 1; i <= count; i++) {
		if (!index("," suites[role] ",", "," suite[i] ",")) continue
		s = star(package[i], pattern[role])
		if (s == "") continue
		if (role in pinned && !begins(s, pinned[role]) && !begins(plain(version[i]), pinned[role])) continue
		if (below != "" && !less(series(s), below)) continue
		if (kernel(pattern[role]) && !(("linux-headers-" s "-amd64") in have)) {
			if (headless[role] == "" || less(headless[role], s)) headless[role] = s
			continue
		}
		if (!c || less(version[c], version[i])) c = i
	}
	return c
}
function plain(v) { sub(/^[0-9]+:/, "", v); return v }
function why(role,   t) {
	t = "no package like " pattern[role] " in " suites[role]
	if (role in pinned) t = t " that begins with " pinned[role]
	if (headless[role] != "") t = t "; " headless[role] " has no headers there"
	return t
}
function answer(role, c,   is) {
	print role, package[c], version[c]
	chosen[role] = star(package[c], pattern[role])
	is = kernel(pattern[role]) ? chosen[role] : plain(version[c])
	if (role in tested && less(series(tested[role]), series(is)))
		print "# " role ": " is " is newer than what the tests have passed on, " tested[role]
	if (headless[role] != "" && less(chosen[role], headless[role]))
		print "# " role ": " headless[role] " has no headers, so " chosen[role] " is taken"
}
BEGIN {
	n = split(pin, words, " ")
	for (i = 1; i <= n; i++) {
		split(words[i], w, "=")
		pinned[w[1]] = w[2]
	}
}
FNR == NR && $1 == "suite" { name[$3] = $2; next }
FNR == NR && $1 == "role" { order[++roles] = $2; suites[$2] = $3; pattern[$2] = $4; choice[$2] = $5; next }
FNR == NR && $1 == "tested" { tested[$2] = $3 }
FNR == NR { next }
{ count++; suite[count] = name[$1]; package[count] = $2; version[count] = $3; have[$2] = 1 }
END {
	for (r in pinned)
		if (!(r in choice)) { print "! there is no role " r; exit }
	for (k = 1; k <= roles; k++) {
		role = order[k]
		if (role in pinned && pinned[role] == "none") { print "# " role ": absent by the pin"; continue }
		below = ""
		if (choice[role] == "previous" && !(role in pinned))
			below = series(chosen["newest"])
		c = best(role, below)
		if (c) { answer(role, c); continue }
		if (role in pinned) { print "! the pin " role "=" pinned[role] ": " why(role); exit }
		if (role == "newest" && chosen["stable"] != "") {
			print "# newest: " why(role) ", so it is stable"
			for (i = 1; i <= count; i++)
				if (package[i] == "linux-image-" chosen["stable"] "-amd64") { answer(role, i); break }
			continue
		}
		if (role == "stable") { print "! " role ": " why(role); exit }
		print "# " role ": absent: " why(role)
	}
}'

pin_words() {
	if [ -f "${VFIO_MIG_PIN:-}" ]; then return; fi
	printf '%s\n' "${VFIO_MIG_PIN:-}"
}

# A pinned package is looked for by its whole name, as it stands in the file.
check_pin_file() { # INDEX
	local role package version
	while read -r role package version; do
		case $role in '' | '#'*) continue ;; esac
		grep -q -F -e " $package $version " "$1" ||
			lab_die "the pin in $VFIO_MIG_PIN: the archive has no $package $version (any more)"
	done <"$VFIO_MIG_PIN"
}

resolve() { # ANSWER
	local dir=$CACHE/apt-roles status=0
	# shellcheck disable=SC2046
	archive_update roles $(awk '$1 == "role" { n = split($3, s, ","); for (i = 1; i <= n; i++) print s[i] }' "$LAB_DIR/roles" | sort -u) ||
		return 2
	archive_index roles >"$dir/index"
	echo "# found on $(date +%F), pin: ${VFIO_MIG_PIN:-none}" >"$1"
	if [ -f "${VFIO_MIG_PIN:-}" ]; then
		check_pin_file "$dir/index"
		grep -v '^#' "$VFIO_MIG_PIN" >>"$1"
		return
	fi
	awk -v pin="$(pin_words)" "$choose" "$LAB_DIR/roles" "$dir/index" >>"$1" || status=1
	if grep '^! ' "$1" >&2; then status=1; fi
	return $status
}

# The answer of today, of this table and this pin.
answer_path() {
	local pin=${VFIO_MIG_PIN:-}
	if [ -f "$pin" ]; then pin=$(cat "$pin"); fi
	printf '%s/resolved-%s\n' "$CACHE" \
		"$({ cat "$LAB_DIR/roles" "$0"; echo "$pin ${LAB_SITE:-}"; } | sha256sum | cut -c1-12)"
}

if [ -n "${LAB_RESOLVED:-}" ]; then
	[ -s "$LAB_RESOLVED" ] || lab_die "no file $LAB_RESOLVED (LAB_RESOLVED)"
	printf '%s\n' "$LAB_RESOLVED"
	exit 0
fi
mkdir -p "$CACHE"
answer=$(answer_path)
exec 8>"$CACHE/roles.lock"
flock -w 300 8 || lab_die "another roles.sh does not end"
if [ "${1:-}" = --fresh ] || [ -z "$(find "$answer" -mmin -1440 2>/dev/null)" ]; then
	status=0
	resolve "$answer.new" || status=$?
	if [ $status = 0 ]; then
		mv "$answer.new" "$answer"
	elif [ $status = 2 ] && [ -s "$answer" ]; then
		lab_say "the archive cannot be reached; the packages of $(head -n 1 "$answer" | cut -c3-) count"
	else
		[ $status != 2 ] || { cat "$CACHE/apt-roles/log" >&2; lab_say "the archive cannot be reached"; }
		exit 1
	fi
fi
printf '%s\n' "$answer"
