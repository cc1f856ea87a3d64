#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh PROBES OUT SYMVERS COMPILER FLAGS...: finds out what a kernel has, by
# compiling each program of PROBES as the kernel compiles a module, and writes it
# to the header OUT: probes/NAME.c becomes VMIG_HAVE_NAME, 1 or 0. A release
# number says less: distributions take functions back to older kernels.
#
# A program compiles, or the kernel does not have what it uses. A line
# "SYMBOLS: NAME..." in it names functions that SYMVERS, the list of what the
# kernel exports, has to have as well. Without a program needed_NAME.c that
# compiles, the modules cannot be built: probe.sh says what is missing, in one
# sentence, and fails. Kbuild calls it; see Kbuild.
set -u
probes=$1 out=$2 symvers=$3
shift 3

# The first comment of a program, as a phrase.
about() { sed -n '2s|^/\* \(.*\) \*/$|\1|p' "$1"; }

exported() { # PROGRAM
	[ -s "$symvers" ] || return 0
	symbols=$(sed -n 's|^/\* SYMBOLS: \(.*\) \*/$|\1|p' "$1")
	for symbol in $symbols; do
		grep -q "	$symbol	" "$symvers" || return 1
	done
}

compiles() { # PROGRAM
	"$@" -fsyntax-only -w 2>/dev/null
}

has() { # PROGRAM FLAGS...
	program=$1
	shift
	exported "$program" && compiles "$@" "$program"
}

key() {
	cat "$probes"/*.c "$0"
	echo "$@"
	"$1" --version
	[ ! -s "$symvers" ] || ls -l "$symvers"
}

stamp="/* $(key "$@" | cksum) */"
[ "$(head -n 1 "$out" 2>/dev/null)" != "$stamp" ] || exit 0

# What this prints is the compiler's own complaint.
if ! "$@" -fsyntax-only -w -x c /dev/null; then
	echo "vfio-mig: the compiler of this kernel, $1, does not work here." >&2
	exit 1
fi
for program in "$probes"/needed_*.c; do
	has "$program" "$@" && continue
	echo "vfio-mig: this kernel lacks what the modules need ($(about "$program" | sed 's/^Needed: //; s/\.$//')); they are not built." >&2
	exit 1
done
{
	echo "$stamp"
	echo "/* SPDX-License-Identifier: GPL-2.0-only */"
	echo "/* What this kernel has; written by probe.sh. */"
	for program in "$probes"/*.c; do
		name=${program##*/} value=0
		case $name in needed_*) continue ;; esac
		! has "$program" "$@" || value=1
		name=$(echo "${name%.c}" | tr '[:lower:]' '[:upper:]')
		printf '#define VMIG_HAVE_%s\t%s\n' "$name" "$value"
	done
} >"$out.new"
mv "$out.new" "$out"
