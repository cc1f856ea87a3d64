/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/vfio of a host with fake devices: open() of its files ends here, and so do
 * the ioctls of groups, containers and iommufds. sysfs is a directory of the
 * test's own.
 */
#ifndef _FAKE_HOST_H
#define _FAKE_HOST_H

#include <stdbool.h>
#include "fake.h"

#define HOST_DEVICES	4

struct fake_host {
	char sysfs[64];		/* below it, a directory for each device */
	struct fake *devices[HOST_DEVICES];
	int groups[HOST_DEVICES];	/* number of the device's group, 0 for none */
	bool cdevs[HOST_DEVICES];
	bool not_viable;
	bool busy;		/* another process has the devices */
	bool forbidden;		/* no file of VFIO may be opened */
	bool no_iommufd;

	/* What has happened. */
	int containers;		/* opened */
	int iommufds;
	int joined;		/* groups that were put into a container */
	int iommus;		/* VFIO_SET_IOMMU */
};

bool host_begin(struct fake_host *host);
/* A device of this name; its file is one of @fake. */
bool host_add(struct fake_host *host, struct fake *fake, const char *name,
	      int group, bool cdev);
void host_end(struct fake_host *host);
/* Directory of the device with this number. */
const char *host_dir(const struct fake_host *host, int number);

/* Those of the C library. */
int __real_open(const char *path, int flags, ...);
int __real_fcntl(int fd, int cmd, ...);

#endif
