// SPDX-License-Identifier: GPL-2.0-only
/*
 * save FILE [REGISTER=VALUE...]: what the device of the environment saves when it
 * is stopped. Registers of a card, by their offsets, are written before.
 */
#include <stdio.h>
#include <stdlib.h>
#include "card.h"

static int write_registers(struct card *c, char **pairs)
{
	char *end;

	if (*pairs)
		command(c, CMD_MEM | CMD_MASTER);
	for (; *pairs; pairs++) {
		uint32_t offset = strtoul(*pairs, &end, 0);

		if (*end != '=')
			return -1;
		put(c, offset, strtoul(end + 1, NULL, 0));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct stream s = { 0 };
	struct card c = { 0 };
	FILE *f;
	int bad;

	if (argc < 2 || vdev_open_running(&c.v) ||
	    write_registers(&c, argv + 2) || stream_save(&c.v, &s))
		return 1;
	f = fopen(argv[1], "w");
	if (!f)
		return 1;
	bad = fwrite(s.data, 1, s.len, f) != s.len;
	bad |= fclose(f);
	vdev_close(&c.v);
	return bad;
}
