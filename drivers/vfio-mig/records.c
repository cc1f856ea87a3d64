// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a driver's table of sections to records and back. Length, save, load
 * and bounds of fixed-layout sections all follow from the field table.
 */
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "identity.h"
#include "records.h"
#include "report.h"
#include "session.h"

static u64 value_get(const void *p, u8 width)
{
	switch (width) {
	case 1: return *(const u8 *)p;
	case 2: return *(const u16 *)p;
	case 4: return *(const u32 *)p;
	default: return *(const u64 *)p;
	}
}

static void value_set(void *p, u8 width, u64 v)
{
	switch (width) {
	case 1:
		*(u8 *)p = v;
		break;
	case 2:
		*(u16 *)p = v;
		break;
	case 4:
		*(u32 *)p = v;
		break;
	default:
		*(u64 *)p = v;
	}
}

static void wire_put(u8 *p, u8 width, u64 v)
{
	switch (width) {
	case 1:
		*p = v;
		break;
	case 2:
		put_unaligned_le16(v, p);
		break;
	case 4:
		put_unaligned_le32(v, p);
		break;
	default:
		put_unaligned_le64(v, p);
	}
}

static int fields_save(struct vmig_dev *vm, const struct vmig_section *sec,
		       struct vmig_chunk *c)
{
	const u8 *state = vm->ops->live(vm);
	unsigned int i, k;

	for (i = 0; i < sec->nr_fields; i++) {
		const struct vmig_field *f = &sec->fields[i];

		for (k = 0; k < f->count; k++) {
			wire_put(c->data + c->len, f->width,
				 value_get(state + f->offset + k * f->width,
					   f->width));
			c->len += f->width;
		}
	}
	return VMIG_SAVE_CHUNK;
}

/* All values or none. */
static int fields_load(struct vmig_dev *vm, const struct vmig_section *sec,
		       const struct vmig_chunk *c)
{
	u8 *state = vm->ops->shadow(vm);
	struct vmig_objection why;
	const u8 *in = c->data;
	unsigned int i, k;

	if (vmig_rules_fields(sec, in, &why))
		return vmig_refuse(vm, why.error, "%s", why.text);
	for (i = 0; i < sec->nr_fields; i++) {
		const struct vmig_field *f = &sec->fields[i];

		for (k = 0; k < f->count; k++, in += f->width)
			value_set(state + f->offset + k * f->width, f->width,
				  vmig_wire_get(in, f->width));
	}
	return 0;
}

static int section_save(struct vmig_dev *vm, const struct vmig_section *sec,
			struct vmig_chunk *c)
{
	int ret = vmig_fault_at(vm, "save", sec->name);

	if (ret)
		return vmig_refuse(vm, ret, "%s: injected fault", sec->name);
	if (sec->fields)
		return fields_save(vm, sec, c);
	return sec->save(vm, c);
}

static void emit(struct vmig_session *s, const struct vmig_section *sec,
		 const struct vmig_chunk *c)
{
	struct vmig_record rec = {
		.tag = sec->tag,
		.version = sec->version,
		.instance = c->instance,
		.vendor = sec->vendor,
		.length = c->len,
	};

	if (sec->flags & VMIG_SEC_OPTIONAL)
		rec.flags |= VMIG_REC_OPTIONAL;
	if (sec->flags & VMIG_SEC_VENDOR)
		rec.flags |= VMIG_REC_VENDOR;
	if (s->phase == VMIG_PHASE_PRECOPY)
		rec.flags |= VMIG_REC_PRECOPY;
	s->pass = sec->flags & VMIG_SEC_REPEAT ? c->pass : s->passes + 1;
	s->fill += vmig_emit_record(&s->emit, s->buf + s->fill, &rec);
}

/* The token comes first, so that a target refuses in its first write(). */
static int produce_head(struct vmig_session *s)
{
	static const struct vmig_section token = {
		.tag = VMIG_TAG_TOKEN, .version = 1,
	};
	struct vmig_chunk c = {};
	int len;

	s->fill = vmig_emit_header(&s->emit, s->buf, s->at.minor);
	c.data = s->buf + s->fill + VMIG_RECORD_LEN;
	len = vmig_device_token(s->vm, c.data, VMIG_TOKEN_MAX);
	if (len < 0)
		return len;
	c.len = len;
	emit(s, &token, &c);
	s->at.head_done = true;
	return 0;
}

static bool section_due(struct vmig_session *s, unsigned int i)
{
	const struct vmig_section *sec = &s->vm->kind->sections[i];

	if (s->phase == VMIG_PHASE_PRECOPY && !(sec->flags & VMIG_SEC_PRECOPY))
		return false;
	if (s->at.sent & BIT(i) || sec->minor > s->at.minor)
		return false;
	return !sec->needed || sec->needed(s->vm);
}

/* One section's turn; leaves s->fill at 0 when it had nothing to say. */
static int produce_section(struct vmig_session *s, unsigned int i)
{
	const struct vmig_section *sec = &s->vm->kind->sections[i];
	struct vmig_chunk c = { .data = s->buf + VMIG_RECORD_LEN };
	int ret;

	if (!section_due(s, i))
		return 0;
	ret = section_save(s->vm, sec, &c);
	if (ret <= 0)
		return ret;
	emit(s, sec, &c);
	if (!(sec->flags & VMIG_SEC_REPEAT))
		s->at.sent |= BIT(i);
	return 0;
}

/*
 * What an operator let go of is told to whoever reads the stream: tag and
 * vendor of each section. Optional, so that it hinders no target.
 */
static bool produce_lost(struct vmig_session *s)
{
	static const struct vmig_section lost = {
		.tag = VMIG_TAG_LOST, .version = 1, .flags = VMIG_SEC_OPTIONAL,
	};
	struct vmig_chunk c = { .data = s->buf + VMIG_RECORD_LEN };
	unsigned long dropped = vmig_dropped(s->vm, s->at.minor) & ~s->at.lost;
	unsigned int i;

	for_each_set_bit(i, &dropped, s->vm->kind->nr_sections) {
		const struct vmig_section *sec = &s->vm->kind->sections[i];

		put_unaligned_le32(sec->tag, c.data + c.len);
		put_unaligned_le32(sec->vendor, c.data + c.len + 4);
		c.len += 8;
		dev_notice_ratelimited(s->vm->vdev->dev,
				       "state of section %s is left behind as the operator wished\n",
				       sec->name);
	}
	s->at.lost |= dropped;
	if (c.len)
		emit(s, &lost, &c);
	return c.len;
}

/* Everything that stays behind, be it that it came up only now. */
static int check_carry(struct vmig_session *s)
{
	return vmig_can_carry(s->vm, s->at.minor, s->at.forced);
}

/**
 * vmig_produce - put the next record of a saved stream into the session
 * @s: session with an empty buffer
 *
 * Context: session lock held.
 * Return: 0, with s->fill at 0 when there is nothing to send now, or an errno.
 */
int vmig_produce(struct vmig_session *s)
{
	unsigned int nr = s->vm->kind->nr_sections;
	int ret;

	lockdep_assert_held(&s->lock);
	if (!s->at.head_done)
		return produce_head(s);
	if (s->at.end_done)
		return 0;
	ret = check_carry(s);
	if (ret)
		return ret;
	while (s->next < nr) {
		ret = produce_section(s, s->next);
		if (ret || s->fill)
			return ret;
		s->next++;
	}
	s->next = 0;
	if (s->phase == VMIG_PHASE_PRECOPY || produce_lost(s))
		return 0;
	s->fill = vmig_emit_end(&s->emit, s->buf);
	s->at.end_done = true;
	return 0;
}

/* The payload has no NUL: a copy gets one. A NUL inside ends the token early. */
static int compare_token(struct vmig_dev *vm, const u8 *peer, u32 len)
{
	char *source __free(kfree) = kmemdup_nul(peer, len, GFP_KERNEL_ACCOUNT);
	struct vmig_verdict *v __free(kfree) = kzalloc(sizeof(*v),
						       GFP_KERNEL_ACCOUNT);
	int ret;

	if (!source || !v)
		return vmig_refuse(vm, -ENOMEM, "no memory for the token");
	ret = strlen(source) == len ? vmig_judge(vm->kind, vm, source, v) :
				      vmig_verdict_say(v, -EINVAL,
						       "NUL in the token");
	return ret < 0 ? vmig_refuse(vm, ret, "%s", v->text) : 0;
}

static int refuse_minor(struct vmig_session *s, const char *why)
{
	return vmig_refuse(s->vm, -EPROTONOSUPPORT, "stream %u.%u: %s",
			   VMIG_STREAM_MAJOR, s->parser.minor, why);
}

/* As far as the operator lets this device go, whatever it shows now. */
static int check_newer(struct vmig_session *s)
{
	if (s->parser.minor <= s->vm->pins.platform->minor)
		return 0;
	return refuse_minor(s, "newer than what this device accepts");
}

static int consume_token(struct vmig_session *s)
{
	const char *bad = vmig_minor_bad(s->vm->kind, s->parser.minor);
	struct vmig_record *rec = &s->parser.rec;
	int ret;

	if (bad)
		return refuse_minor(s, bad);
	if (rec->tag != VMIG_TAG_TOKEN || rec->vendor || rec->version != 1)
		return vmig_refuse(s->vm, -EINVAL, "stream has no token");
	if (rec->length >= VMIG_TOKEN_MAX)
		return vmig_refuse(s->vm, -EINVAL, "token is too long");
	ret = compare_token(s->vm, s->parser.payload, rec->length);
	/* The token comes first in every minor, and its words say more. */
	if (!ret)
		ret = check_newer(s);
	s->rules.minor = s->parser.minor;
	s->at.head_done = !ret;
	return ret;
}

/**
 * vmig_consume - take the record that the parser completed
 * @s: resuming session
 *
 * Context: session lock held.
 * Return: 0 or the errno that refuses the stream; the reason is recorded.
 */
int vmig_consume(struct vmig_session *s)
{
	struct vmig_record *rec = &s->parser.rec;
	const struct vmig_section *sec;
	struct vmig_objection why;
	struct vmig_chunk c = {
		.data = s->parser.payload, .len = rec->length,
		.instance = rec->instance, .version = rec->version,
	};
	int ret;

	lockdep_assert_held(&s->lock);
	if (!s->at.head_done)
		return consume_token(s);
	sec = vmig_section_find(&s->rules, rec->tag, rec->vendor);
	ret = vmig_rules_record(&s->rules, sec, rec, &why);
	if (ret < 0)
		return vmig_refuse(s->vm, ret, "%s", why.text);
	if (!ret) {
		s->skipped++;
		return 0;
	}
	ret = vmig_fault_at(s->vm, "load", sec->name);
	if (ret)
		return vmig_refuse(s->vm, ret, "%s: injected fault", sec->name);
	return sec->fields ? fields_load(s->vm, sec, &c) : sec->load(s->vm, &c);
}

/* What must come and did not: -ENODATA. */
int vmig_missing(struct vmig_session *s)
{
	struct vmig_objection why;
	int ret;

	if (!s->at.head_done)
		return vmig_refuse(s->vm, -ENODATA, "stream has no token");
	ret = vmig_rules_end(&s->rules, &why);
	return ret ? vmig_refuse(s->vm, ret, "%s", why.text) : 0;
}
