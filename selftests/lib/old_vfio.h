/* SPDX-License-Identifier: GPL-2.0-only */
/* linux/vfio.h, with what an older one lacks; included before all else. */
#ifndef _OLD_VFIO_H
#define _OLD_VFIO_H

#include "uapi.h"

#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY		0x4
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#endif

#endif
