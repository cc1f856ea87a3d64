// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts on pairs of compatibility tokens (Documentation/compatibility.rst). */
#include <errno.h>
#include "unit.h"

int vmig_token_check(const char *source, const char *target, char *why,
		     size_t len);

#define OURS "vmig1 type=bochs-vgpu stream=1.0 eq_vram_mib=16 drv=a"

static const struct verdict {
	const char *name;
	const char *source;
	const char *target;
	int want;
} verdicts[] = {
	{ "equal tokens", OURS, OURS, 0 },
	{ "a newline at the end", OURS "\n", OURS, 0 },
	{ "another order of keys",
	  "vmig1 eq_vram_mib=16 drv=a stream=1.0 type=bochs-vgpu", OURS, 0 },
	{ "keys that do not bind may differ",
	  "vmig1 type=bochs-vgpu stream=1.9 eq_vram_mib=16 drv=b x_y=z", OURS, 0 },
	{ "another type", "vmig1 type=other eq_vram_mib=16", OURS, -ENODEV },
	{ "a type that ours begins with",
	  "vmig1 type=bochs eq_vram_mib=16", OURS, -ENODEV },
	{ "a type that begins with ours",
	  "vmig1 type=bochs-vgpu2 eq_vram_mib=16", OURS, -ENODEV },
	{ "another eq_ value",
	  "vmig1 type=bochs-vgpu eq_vram_mib=64", OURS, -ERANGE },
	{ "an eq_ value that ours begins with",
	  "vmig1 type=bochs-vgpu eq_vram_mib=1", OURS, -ERANGE },
	{ "an eq_ key that the source lacks",
	  "vmig1 type=bochs-vgpu", OURS, -ERANGE },
	{ "an eq_ key that the target lacks",
	  OURS " eq_copy_engine=1", OURS, -ERANGE },
	{ "an eq_ key without a value",
	  OURS " eq_copy_engine", OURS, -ERANGE },
	{ "an eq_ key twice, once with another value",
	  OURS " eq_vram_mib=64", OURS, -ERANGE },
	{ "two types", OURS " type=other", OURS, -ENODEV },
	{ "no type", "vmig1 eq_vram_mib=16", OURS, -EINVAL },
	{ "a type that is only a key's end",
	  "vmig1 x_type=bochs-vgpu eq_vram_mib=16", OURS, -EINVAL },
	{ "garbage", "garbage", OURS, -EINVAL },
	{ "nothing", "", OURS, -EINVAL },
	{ "the first word alone", "vmig1 ", OURS, -EINVAL },
	{ "another version of the grammar",
	  "vmig2 type=bochs-vgpu eq_vram_mib=16", OURS, -EINVAL },
	{ "blanks only", "vmig1      ", OURS, -EINVAL },
	{ "a type behind the end of the line",
	  "vmig1 eq_vram_mib=16\ntype=bochs-vgpu", OURS, -EINVAL },
	{ "garbage as the target", OURS, "garbage", -EINVAL },
	{ "nothing as the target", OURS, "", -EINVAL },
};

static void check_verdict(const struct verdict *v)
{
	char why[160] = "";
	int ret = vmig_token_check(v->source, v->target, why, sizeof(why));

	tap(ret == v->want && !ret == !why[0], "%s: %s", v->name,
	    v->want ? strerror(-v->want) : "may migrate");
	if (ret != v->want)
		printf("# got %d, want %d, why: %s\n", ret, v->want, why);
}

/* No refusal writes behind the room for its reason, whatever its size. */
static bool why_is_bounded(void)
{
	char source[600] = "vmig1 type=";
	char why[161];
	size_t len;

	memset(source + strlen(source), 'x', 500);
	for (len = 1; len < sizeof(why); len++) {
		memset(why, 0x55, sizeof(why));
		vmig_token_check(source, OURS, why, len);
		if (why[len] != 0x55 || !memchr(why, 0, len))
			return false;
	}
	return true;
}

static bool why_names_both(void)
{
	char why[160] = "";

	vmig_token_check("vmig1 type=bochs-vgpu eq_vram_mib=64", OURS, why,
			 sizeof(why));
	return strstr(why, "eq_vram_mib=64") && strstr(why, "eq_vram_mib=16");
}

int main(void)
{
	size_t i;

	tap_plan(ARRAY_SIZE(verdicts) + 2);
	for (i = 0; i < ARRAY_SIZE(verdicts); i++)
		check_verdict(&verdicts[i]);
	tap(why_is_bounded(), "the reason keeps to its room");
	tap(why_names_both(), "the reason names both values");
	return tap_status;
}
