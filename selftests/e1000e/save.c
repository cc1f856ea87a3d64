// SPDX-License-Identifier: GPL-2.0-only
/* save FILE: what the device of the environment saves when it is stopped. */
#include <stdio.h>
#include "stream.h"

int main(int argc, char **argv)
{
	struct stream s = { 0 };
	struct vdev v;
	FILE *f;
	int bad;

	if (argc != 2 || vdev_open_running(&v) || stream_save(&v, &s))
		return 1;
	f = fopen(argv[1], "w");
	if (!f)
		return 1;
	bad = fwrite(s.data, 1, s.len, f) != s.len;
	bad |= fclose(f);
	vdev_close(&v);
	return bad;
}
