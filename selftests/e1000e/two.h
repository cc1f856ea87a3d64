/* SPDX-License-Identifier: GPL-2.0-only */
/* Two cards, for tests that move one to the other. */
#ifndef _TWO_H
#define _TWO_H

#include "kselftest_harness.h"
#include "card.h"

FIXTURE(two)
{
	struct card a;
	struct card b;
};

FIXTURE_SETUP(two)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
	if (!vdev_path(1))
		SKIP(return, "one card only");
	ASSERT_EQ(0, card_open(&self->b, 1));
}

FIXTURE_TEARDOWN(two)
{
	card_close(&self->a);
	if (self->b.mem)
		card_close(&self->b);
}

#endif
