# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

poke() { # FILE AT HEX: bytes of a file
	# The bytes are the format.
	# shellcheck disable=SC2001,SC2059
	printf "$(sed 's/../\\x&/g' <<<"$3")" |
		dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}
