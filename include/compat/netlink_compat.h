/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of generic netlink between kernels. */
#ifndef _VFIO_MIG_NETLINK_COMPAT_H
#define _VFIO_MIG_NETLINK_COMPAT_H

#include <net/genetlink.h>

/* A group that takes CAP_NET_ADMIN to join; older kernels let any process join. */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define VMIG_GENL_ADMIN_GROUP	.flags = GENL_MCAST_CAP_NET_ADMIN
#else
#define VMIG_GENL_ADMIN_GROUP
#endif

#endif
