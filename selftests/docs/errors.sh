#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# errors.sh: troubleshooting.rst has each text with which the code refuses, and is
# as troubleshooting.py makes it. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1

is_current() { diff Documentation/troubleshooting.rst <(Documentation/troubleshooting.py); }

has_enough() { [ "$(Documentation/troubleshooting.py --list | wc -l)" -ge 100 ]; }

# The files that the page is made of, in a tree where they can be changed.
copy() {
	rm -rf "$WORK/tree"
	mkdir -p "$WORK/tree"
	cp -r --parents Documentation/troubleshooting.* drivers userspace/lib userspace/cli/findings.c "$WORK/tree"
}

says() { # TEXT
	"$WORK/tree/Documentation/troubleshooting.py" >/dev/null 2>"$WORK/err" && return 1
	grep -qF -- "$1" "$WORK/err" || { cat "$WORK/err"; return 1; }
}

finds_a_new_text() {
	copy
	printf 'int f(struct vmig_dev *vm)\n{\n\treturn vmig_refuse(vm, -EIO, "quite; new: "\n\t\t\t   "%%u", 1);\n}\n' \
		>"$WORK/tree/drivers/vgpu/new.c"
	says 'not explained in troubleshooting.txt: quite; new: %u'
}

finds_a_text_that_is_gone() {
	copy
	sed -i 's/"data after END"/"bytes after END"/' "$WORK/tree/drivers/vfio-mig/shared/stream.c"
	says 'the code has no such text: data after END'
}

tap "troubleshooting.rst is as the code is" is_current
tap "the code has texts" has_enough
tap "a new text is found" finds_a_new_text
tap "a text that is gone is found" finds_a_text_that_is_gone
plan
