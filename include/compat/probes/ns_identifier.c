// SPDX-License-Identifier: GPL-2.0-only
/* A namespace is named without quotes (until 6.12). */
#include <linux/module.h>

MODULE_IMPORT_NS(IOMMUFD);
