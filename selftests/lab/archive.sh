# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian's archive as the lab sees it, apart from what this host's apt is
# configured for: an apt of its own in the cache. Source it after common.sh.
#
#   archive_sources SUITE..  prints lines of a sources.list for the suites of the
#                            table "roles"
#   archive_update NAME SUITE..  fetches the lists of the suites into the apt
#                            called NAME
#   archive_apt NAME CMD..   runs an apt command in it
#   archive_index NAME       prints "CODENAME PACKAGE VERSION SIZE" for each
#                            package of its lists
#
# The mirror is the one that this host's apt is configured with; a test says
# another one by LAB_SITE and LAB_SECURITY_SITE.

# Prints the site of the first list whose codename matches the expression $1.
# shellcheck disable=SC2016
archive_site() {
	apt-get indextargets --format '$(SITE)|$(CODENAME)|$(SUITE)' |
		awk -F'|' -v re="^($1)\$" '($2 ~ re || $3 ~ re) && !n++ { print $1 }'
}

# Debian's own suites; a host may have lists of other archives, too.
archive_names() { # [SUFFIX]
	awk -v end="$1" '$1 == "suite" { sub(/-.*/, "", $3); printf "%s%s|", $3, end }
		END { printf "stable%s|testing%s|sid", end, end }' "$LAB_DIR/roles"
}

archive_main() {
	printf '%s\n' "${LAB_SITE:-$(archive_site "$(archive_names "")")}"
}

# A host whose apt has no list of a security suite gets none.
archive_security() {
	printf '%s\n' "${LAB_SECURITY_SITE:-$(archive_site "$(archive_names -security)")}"
}

archive_codename() { # SUITE
	awk -v s="$1" '$1 == "suite" && $2 == s { print $3 }' "$LAB_DIR/roles"
}

archive_sources() { # SUITE...
	local suite codename main security
	main=$(archive_main)
	security=$(archive_security)
	[ -n "$main" ] || lab_die "apt names no Debian mirror (apt-get update first?)"
	for suite; do
		codename=$(archive_codename "$suite")
		case $suite in
		security | *-security)
			[ -z "$security" ] || echo "deb ${LAB_TRUST:-}$security $codename main"
			;;
		*) echo "deb ${LAB_TRUST:-}$main $codename main" ;;
		esac
	done
}

archive_conf() { # NAME
	local dir=$CACHE/apt-$1
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	cat >"$dir/apt.conf" <<-END
	Dir::State::lists "$dir/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$dir/cache";
	Dir::Etc::sourcelist "$dir/sources.list";
	Dir::Etc::sourceparts "-";
	Acquire::Check-Valid-Until "false";
	Acquire::Languages "none";
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	END
}

archive_apt() { # NAME CMD...
	local name=$1
	shift
	APT_CONFIG=$CACHE/apt-$name/apt.conf "$@"
}

archive_update() { # NAME SUITE...
	local name=$1
	shift
	archive_conf "$name"
	archive_sources "$@" >"$CACHE/apt-$name/sources.list"
	archive_apt "$name" apt-get update -qq >"$CACHE/apt-$name/log" 2>&1
}

# shellcheck disable=SC2016
archive_index() { # NAME
	local codename file
	while IFS='|' read -r codename file; do
		archive_apt "$1" /usr/lib/apt/apt-helper cat-file "$file" |
			awk -v suite="$codename" '
			function flush() { if (p) print suite, p, v, s; p = v = s = "" }
			$1 == "Package:" { p = $2 }
			$1 == "Version:" { v = $2 }
			$1 == "Size:" { s = $2 }
			/^$/ { flush() }
			END { flush() }'
	done < <(archive_apt "$1" apt-get indextargets \
		--format '$(RELEASE)|$(FILENAME)' 'Created-By: Packages')
}
