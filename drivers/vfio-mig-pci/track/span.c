// SPDX-License-Identifier: GPL-2.0-only
/* Spans of guest memory that a card may write: pinned, given back, unmapped. */
#ifdef __KERNEL__
#include <linux/errno.h>
#endif
#include "record.h"

/* Counts the pages that a span with a length lies in. */
unsigned int vmig_span_pages(const struct vmig_span *s)
{
	return ((s->iova + s->len - 1) >> PAGE_SHIFT) -
	       (s->iova >> PAGE_SHIFT) + 1;
}

/* Names the bit of a page in the mask of its span. */
static u32 span_bit(unsigned int nr)
{
	return 1U << nr;
}

static u64 span_page(const struct vmig_span *s, unsigned int nr)
{
	return (s->iova & PAGE_MASK) + (u64)nr * PAGE_SIZE;
}

static bool span_pin(struct vmig_recorder *rec, u64 page)
{
	int ret = rec->ops->pin(rec, page);

	rec->behind |= ret == -EAGAIN;
	return !ret;
}

/* Records that the card may write @s from now on. A page that is not mapped counts as missing. */
void vmig_span_hold(struct vmig_recorder *rec, struct vmig_span *s)
{
	unsigned int i, n = s->len ? vmig_span_pages(s) : 0;

	if (!rec->ops->pin)
		return;
	for (i = 0; i < n; i++) {
		if (s->pinned & span_bit(i))
			continue;
		if (span_pin(rec, span_page(s, i)))
			s->pinned |= span_bit(i);
		else
			rec->missing++;
	}
}

/* Gives @s back: the card has written it or never will. */
void vmig_span_release(struct vmig_recorder *rec, struct vmig_span *s)
{
	unsigned int i, n = s->len ? vmig_span_pages(s) : 0;

	rec->pages += n;
	if (n && !rec->ops->pin)
		rec->ops->mark(rec, s->iova, s->len);
	/* A page that could not be pinned may have been mapped since. */
	vmig_span_hold(rec, s);
	for (i = 0; i < n; i++)
		if (s->pinned & span_bit(i))
			rec->ops->unpin(rec, span_page(s, i));
	*s = (struct vmig_span){ 0 };
}

/* Unpins the pages of @s from @iova to @last, which are being unmapped; true if there were any. */
bool vmig_span_unmap(struct vmig_recorder *rec, struct vmig_span *s, u64 iova,
		     u64 last)
{
	unsigned int i;
	bool any = false;

	for (i = 0; i < VMIG_SPAN_PAGES && s->pinned >> i; i++) {
		u64 page = span_page(s, i);

		if (!(s->pinned & span_bit(i)) || page < iova || page > last)
			continue;
		rec->ops->unpin(rec, page);
		s->pinned &= ~span_bit(i);
		any = true;
	}
	return any;
}
