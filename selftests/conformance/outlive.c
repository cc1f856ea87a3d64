// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds a data file: outlive [device]. Says "ready" and waits for a line; then
 * the file must be dead. With "device" the device is held open as well.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "vfio_dev.h"

int main(int argc, char **argv)
{
	int keep = argc > 1 && !strcmp(argv[1], "device");
	struct vdev v;
	char line[16];
	int fd;

	if (vdev_open(&v) ||
	    vdev_set_state(&v, VFIO_DEVICE_STATE_STOP_COPY, &fd))
		return 1;
	if (!keep)
		vdev_close(&v);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	return read(fd, line, 1) == -1 && errno == ENODEV ? 0 : 1;
}
