/* SPDX-License-Identifier: GPL-2.0-only */
/* The fixture that all programs use: one open device, RUNNING. */
#ifndef _DEVICE_H
#define _DEVICE_H

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vfio_dev.h"

FIXTURE(device)
{
	struct vdev v;
};

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, vdev_open(&self->v));
}

FIXTURE_TEARDOWN(device)
{
	vdev_close(&self->v);
}

#endif
