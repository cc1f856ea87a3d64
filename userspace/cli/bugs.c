// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bugs of migration drivers in Linux. Subjects and versions are those of Linux's
 * own history and of the stable series' change logs, as Debian lists them; read
 * 2026-11.
 */
#include <vmig/user.h>
#include <stdio.h>
#include "bugs.h"
#include "facts.h"

const struct bug bugs[] = {
	{ "mlx5_vfio_pci", { 5, 18 }, { 7, 2 },
	  { { 6, 1, 178 }, { 6, 12, 97 } },
	  "vfio/mlx5: Fix racy bitfields and tighten struct layout" },
	{ "mlx5_vfio_pci", { 6, 1 }, { 6, 17 },
	  { { 6, 1, 149 }, { 6, 12, 43 } },
	  "vfio/mlx5: fix possible overflow in tracking max message size" },
	{ "mlx5_vfio_pci", { 6, 1 }, { 6, 13 },
	  { { 6, 1, 120 }, { 6, 12, 5 } },
	  "vfio/mlx5: Align the page tracking max message size with the device capability" },
	{ "mlx5_vfio_pci", { 6, 2 }, { 6, 3 }, { },
	  "vfio/mlx5: Fix the report of dirty_bytes upon pre-copy" },
	{ "hisi_acc_vfio_pci", { 5, 18 }, { 7, 0 },
	  { { 6, 1, 165 }, { 6, 12, 75 } },
	  "hisi_acc_vfio_pci: update status after RAS error" },
	{ "hisi_acc_vfio_pci", { 6, 2 }, { 7, 0 }, { },
	  "hisi_acc_vfio_pci: resolve duplicate migration states" },
	{ "hisi_acc_vfio_pci", { 5, 18 }, { 6, 16 },
	  { { 6, 6, 94 }, { 6, 12, 34 }, { 6, 15, 3 } },
	  "hisi_acc_vfio_pci: fix XQE dma address error" },
	{ "hisi_acc_vfio_pci", { 5, 18 }, { 6, 8 }, { { 6, 6, 14 } },
	  "hisi_acc_vfio_pci: Update migration data pointer correctly on saving/resume" },
	{ "pds_vfio_pci", { 6, 6 }, { 6, 19 }, { { 6, 12, 64 } },
	  "vfio/pds: Fix memory leak in pds_vfio_dirty_enable()" },
	{ "pds_vfio_pci", { 6, 6 }, { 6, 17 }, { { 6, 12, 42 } },
	  "vfio/pds: Fix missing detach_ioas op" },
	{ "pds_vfio_pci", { 6, 6 }, { 6, 9 }, { { 6, 7, 12 } },
	  "vfio/pds: Always clear the save/restore FDs on reset" },
	{ "pds_vfio_pci", { 6, 6 }, { 6, 8 }, { { 6, 6, 14 } },
	  "vfio/pds: Fix calculations in pds_vfio_dirty_sync" },
	{ "qat_vfio_pci", { 6, 10 }, { 7, 2 },
	  { { 6, 12, 97 }, { 6, 18, 40 }, { 7, 1, 5 } },
	  "vfio/qat: fix f_pos race in qat_vf_resume_write()" },
	{ "qat_vfio_pci", { 6, 10 }, { 6, 13 }, { { 6, 12, 4 } },
	  "vfio/qat: fix overflow check in qat_vf_resume_write()" },
};

const size_t bug_count = ARRAY_SIZE(bugs);

bool release_parse(const char *text, struct release *r)
{
	*r = (struct release){ 0 };
	return sscanf(text, "%u.%u.%u", &r->major, &r->minor, &r->patch) >= 2;
}

/* Negative, 0 or positive, of the first two numbers. */
static int compare_series(const struct release *a, const struct release *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	return a->minor < b->minor ? -1 : a->minor > b->minor;
}

bool bug_is_in(const struct bug *bug, const struct release *r)
{
	size_t i;

	if (compare_series(r, &bug->since) < 0 ||
	    compare_series(r, &bug->fixed) >= 0)
		return false;
	for (i = 0; i < STABLE_MAX && bug->stable[i].major; i++)
		if (!compare_series(r, &bug->stable[i]))
			return r->patch < bug->stable[i].patch;
	return true;
}
