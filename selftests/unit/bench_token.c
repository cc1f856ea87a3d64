// SPDX-License-Identifier: GPL-2.0-only
/* Checks of two real tokens a second, on one core. */
#include <vmig/token.h>
#include <stdio.h>
#include <time.h>

#define TOKEN	"vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 " \
		"emits=1.0-1.1 eq_vram_mib=64 drv=vfio_mig_vgpu x_platform=2026.2"
#define CHECKS	1000000

int main(void)
{
	struct vmig_verdict v;
	struct timespec a, b;
	double took;
	int i, bad = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < CHECKS; i++)
		bad |= vmig_token_check(TOKEN, TOKEN, &v);
	clock_gettime(CLOCK_MONOTONIC, &b);
	took = b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9;
	printf("token checks %.0f a second\n", CHECKS / took);
	return bad;
}
