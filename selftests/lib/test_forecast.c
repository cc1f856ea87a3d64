// SPDX-License-Identifier: GPL-2.0-only
/* vfiomig_forecast(): how a migration will go, from figures. */
#include "test.h"

#define MB 1000000ull

/**
 * struct weather - a case
 * @what: in words
 * @sizes: of one device
 * @rate: bytes a second that it writes
 * @bandwidth: bytes a second
 * @limit: ms
 * @fit: to be
 * @bytes: to be
 * @total: ms to be
 * @down: ms to be
 */
struct weather {
	const char *what;
	struct vfiomig_sizes sizes;
	uint64_t rate;
	uint64_t bandwidth;
	uint32_t limit;
	enum vfiomig_fit fit;
	uint64_t bytes;
	uint64_t total;
	uint64_t down;
};

#define SIZES(first, again, stopped) \
	{ .initial = (first), .dirty = (again), .stop_copy = (stopped) }

static const struct weather cases[] = {
	{ "all fits into the limit", SIZES(10 * MB, 0, 10 * MB), 0, 100 * MB, 300,
	  VFIOMIG_FITS, 20 * MB, 200, 200 },
	{ "pre-copy until the rest fits", SIZES(100 * MB, 0, 10 * MB), 0, 100 * MB, 300,
	  VFIOMIG_FITS_LATER, 110 * MB, 1100, 300 },
	{ "what is written is sent again", SIZES(100 * MB, 0, 10 * MB), 50 * MB, 100 * MB,
	  300, VFIOMIG_FITS_LATER, 190 * MB, 1900, 300 },
	{ "what is dirty is counted once", SIZES(0, 50 * MB, 60 * MB), 0, 100 * MB, 300,
	  VFIOMIG_FITS_LATER, 60 * MB, 600, 300 },
	{ "as much is written as is sent", SIZES(100 * MB, 0, 10 * MB), 100 * MB, 100 * MB,
	  300, VFIOMIG_FITS_NEVER, 110 * MB, UINT64_MAX, 1100 },
	{ "but what fits at once needs no pre-copy", SIZES(10 * MB, 0, 10 * MB), 900 * MB,
	  100 * MB, 300, VFIOMIG_FITS, 20 * MB, 200, 200 },
	{ "the rest does not fit", SIZES(0, 0, 31 * MB), 0, 100 * MB, 300,
	  VFIOMIG_FITS_NEVER, 31 * MB, UINT64_MAX, 310 },
	{ "without a bandwidth nothing ends", SIZES(1, 0, 1), 0, 0, 300,
	  VFIOMIG_FITS_NEVER, 2, UINT64_MAX, UINT64_MAX },
	{ "without a limit nothing ends", SIZES(1, 0, 1), 0, MB, 0,
	  VFIOMIG_FITS_NEVER, 2, UINT64_MAX, 1 },
	{ "nothing is no time", SIZES(0, 0, 0), 0, MB, 0, VFIOMIG_FITS, 0, 0, 0 },
	{ "the largest figures do not overflow", SIZES(UINT64_MAX, UINT64_MAX, UINT64_MAX),
	  UINT64_MAX - 1, UINT64_MAX, UINT32_MAX,
	  VFIOMIG_FITS, UINT64_MAX, 1000, 1000 },
};

static bool goes_as_it_should(const struct weather *w)
{
	struct vfiomig_forecast f = { .size = sizeof(f) };
	int fit = vfiomig_forecast(&w->sizes, 1, w->rate, w->bandwidth, w->limit, &f);

	return EXPECT(fit == (int)w->fit && f.fit == w->fit && f.bytes == w->bytes &&
		      f.total_ms == w->total && f.downtime_ms == w->down,
		      "%s: fit %d, %llu bytes, %llu ms, downtime %llu ms", w->what, fit,
		      (unsigned long long)f.bytes, (unsigned long long)f.total_ms,
		      (unsigned long long)f.downtime_ms);
}

static bool all_go_as_they_should(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (!goes_as_it_should(&cases[i]))
			return false;
	return true;
}

static bool devices_are_added(void)
{
	struct vfiomig_sizes two[] = { SIZES(MB, 0, MB), SIZES(2 * MB, MB, 2 * MB) };
	struct vfiomig_forecast f = { .size = sizeof(f) };

	return vfiomig_forecast(two, 2, 0, 10 * MB, 1000, &f) == VFIOMIG_FITS &&
	       f.bytes == 6 * MB && f.rest_bytes == 2 * MB &&
	       vfiomig_forecast(NULL, 0, 0, 1, 0, &f) == VFIOMIG_FITS && !f.bytes;
}

static bool size_is_needed(void)
{
	struct vfiomig_forecast f = { 0 };

	return vfiomig_forecast(NULL, 0, 0, 1, 0, &f) == -EINVAL;
}

int main(void)
{
	static const struct test tests[] = {
		{ all_go_as_they_should, "bytes, time and downtime are as reckoned by hand" },
		{ devices_are_added, "devices share link and limit" },
		{ size_is_needed, "the size of the answer is needed" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
