// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds a data file that is in the way: outlive save|precopy|resume [device].
 * Says "ready" and waits for a line; then the file must be dead. With "device"
 * the device is held open as well.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "fsm.h"
#include "vfio_dev.h"

static uint32_t state_of(const char *mode)
{
	if (!strcmp(mode, "precopy"))
		return VFIO_DEVICE_STATE_PRE_COPY;
	if (!strcmp(mode, "resume"))
		return VFIO_DEVICE_STATE_RESUMING;
	return VFIO_DEVICE_STATE_STOP_COPY;
}

/* Everything that can be done with it; data or an end would fool the user. */
static bool dead(int fd, uint32_t state)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct vfio_precopy_info info;
	char byte = 'V';
	ssize_t n;

	poll(&p, 1, 0);
	if (!vdev_precopy_info(fd, &info))
		return false;
	n = state == VFIO_DEVICE_STATE_RESUMING ? write(fd, &byte, 1) :
						  read(fd, &byte, 1);
	return n < 0 && errno != ENOMSG && errno != EAGAIN;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "save";
	int keep = argc > 2 && !strcmp(argv[2], "device");
	uint32_t state = state_of(mode);
	struct vdev v;
	char line[16];
	int fd;

	if (vdev_open_running(&v))
		return 1;
	if (!fsm_supported(v.flags, state)) {
		puts("skip");
		return 0;
	}
	if (vdev_set_state(&v, state, &fd))
		return 1;
	if (!keep)
		vdev_close(&v);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	return dead(fd, state) ? 0 : 1;
}
