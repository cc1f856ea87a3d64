/* SPDX-License-Identifier: GPL-2.0-only */
/* The fixture that most programs use: one open device, RUNNING. */
#ifndef _DEVICE_H
#define _DEVICE_H

#include "suite.h"

FIXTURE(device)
{
	struct vdev v;
};

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, vdev_open_running(&self->v));
}

FIXTURE_TEARDOWN(device)
{
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

#endif
