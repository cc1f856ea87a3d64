// SPDX-License-Identifier: GPL-2.0-only
/* compares: decisions on two real tokens a second, by the library, on one core. */
#include <stdio.h>
#include <time.h>
#include <vfiomig.h>

#define TOKEN	"vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 " \
		"emits=1.0-1.1 eq_vram_mib=64 drv=vfio_mig_vgpu x_platform=2026.2"
#define COUNT	1000000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(void)
{
	struct vfiomig_verdict v;
	double begun = now();
	int i, bad = 0;

	for (i = 0; i < COUNT; i++)
		bad |= vfiomig_compare(TOKEN, TOKEN, &v);
	printf("token checks %.0f a second of CPU\n", COUNT / (now() - begun));
	return bad != 0;
}
