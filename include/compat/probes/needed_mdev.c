// SPDX-License-Identifier: GPL-2.0-only
/* Needed: types of mediated devices that their parent owns (6.1). */
#include <linux/mdev.h>

int probe(struct mdev_parent *parent, struct device *dev,
	  struct mdev_driver *drv, struct mdev_type **types)
{
	return mdev_register_parent(parent, dev, drv, types, 1);
}
