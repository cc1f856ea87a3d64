/* SPDX-License-Identifier: GPL-2.0-only */
/* What every program of the suite includes. */
#ifndef _SUITE_H
#define _SUITE_H

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "stream.h"

/* The sentence of linux/vfio.h that a test is about; shown when it fails. */
#define CITES(text) TH_LOG("linux/vfio.h: \"%s\"", text)

#endif
