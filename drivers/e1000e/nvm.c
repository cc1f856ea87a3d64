// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVM that the guest sees: a copy, which moves with it. Its MAC address is
 * the one that the card had on which the guest began. Nothing that a guest
 * does reaches the card's own NVM or flash.
 */
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "e1000e.h"

#define EERW_START	BIT(0)
#define EERW_DONE	BIT(1)
#define EERW_ADDR(v)	((v) >> 2 & 0x3fff)
#define EERW_DATA(v)	((v) >> 16)

#define EECD_REQ	BIT(6)
#define EECD_GNT	BIT(7)
#define EECD_PRES	BIT(8)
#define EECD_AUTO_RD	BIT(9)
#define EECD_SIZE(v)	((v) >> 11 & 0xf)
#define EECD_RO		(EECD_PRES | EECD_AUTO_RD | 0xf << 11 | BIT(3) | EECD_GNT)

/* What reads as 0 words is 64: 1 Kbit is the least there is. */
static u32 nvm_size(struct e1k *e)
{
	return min_t(u32, E1K_NVM_MIN << EECD_SIZE(e1k_get(e, E1K_EECD)),
		     E1K_NVM_MAX);
}

static int nvm_read_word(struct e1k *e, u32 i, u16 *word)
{
	e1k_put(e, E1K_EERD, i << 2 | EERW_START);
	if (!e1k_poll(e, E1K_EERD, EERW_DONE, EERW_DONE, 10))
		return -EIO;
	*word = EERW_DATA(e1k_get(e, E1K_EERD));
	return 0;
}

static int nvm_read_own(struct e1k *e)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < e->nvm_words && !ret; i++)
		ret = nvm_read_word(e, i, &e->nvm_own[i]);
	return ret;
}

static int nvm_alloc(struct e1k *e)
{
	size_t words = e->nvm_words;

	e->nvm_own = kcalloc(3 * words, sizeof(u16), GFP_KERNEL_ACCOUNT);
	if (!e->nvm_own)
		return -ENOMEM;
	e->nvm = e->nvm_own + words;
	e->nvm_shadow = e->nvm + words;
	return 0;
}

/* Reads the card's own NVM, before there is a user. */
int e1k_nvm_probe(struct e1k *e)
{
	int ret;

	e->nvm_words = nvm_size(e);
	ret = nvm_alloc(e);
	return ret ? ret : nvm_read_own(e);
}

void e1k_nvm_free(struct e1k *e)
{
	kfree(e->nvm_own);
}

/*
 * For a new user. A reset does not do it, as it does not to any NVM: QEMU resets
 * the device whenever its guest reboots, and that one keeps its address.
 */
void e1k_nvm_reset(struct e1k *e)
{
	memcpy(e->nvm, e->nvm_own, e->nvm_words * sizeof(u16));
}

void e1k_nvm_regs_reset(struct e1k *e)
{
	e->state.EECD = 0;
	e->state.EERD = EERW_DONE;
	e->state.FLA = 0;
}

/* The card has loaded its own address, as after each reset. */
void e1k_nvm_set_mac(struct e1k *e)
{
	e1k_put(e, E1K_RA, e->nvm[0] | (u32)e->nvm[1] << 16);
	e1k_put(e, E1K_RA + 4, RAH_AV | e->nvm[2]);
}

/* Registers of the NVM and the flash; the guest's are not the card's. */
bool e1k_nvm_owns(u32 offset)
{
	switch (offset) {
	case E1K_EECD:
	case E1K_EERD:
	case E1K_FLA:
	case E1K_EEMNGCTL ... E1K_FLOP:
		return true;
	default:
		return false;
	}
}

/* Grants each request for the bus; bits that are clocked in and out go nowhere. */
static u32 nvm_eecd_read(struct e1k *e)
{
	u32 value = (e1k_get(e, E1K_EECD) & EECD_RO & ~EECD_GNT) |
		    e->state.EECD;

	return value & EECD_REQ ? value | EECD_GNT : value;
}

u32 e1k_nvm_read(struct e1k *e, u32 offset)
{
	switch (offset) {
	case E1K_EECD:
		return nvm_eecd_read(e);
	case E1K_EERD:
		return e->state.EERD;
	case E1K_EEWR:
		return EERW_DONE;
	case E1K_FLA:
		return e->state.FLA;
	default:
		return e1k_get(e, offset);
	}
}

static u32 nvm_word_access(struct e1k *e, u32 value, bool write)
{
	u32 i = EERW_ADDR(value), data = 0;

	if (!(value & EERW_START) || i >= e->nvm_words)
		return i << 2;
	if (write)
		e->nvm[i] = EERW_DATA(value);
	else
		data = e->nvm[i];
	return EERW_DONE | i << 2 | data << 16;
}

void e1k_nvm_write(struct e1k *e, u32 offset, u32 value)
{
	switch (offset) {
	case E1K_EECD:
		e->state.EECD = value & ~EECD_RO;
		break;
	case E1K_EERD:
		e->state.EERD = nvm_word_access(e, value, false);
		break;
	case E1K_EEWR:
		nvm_word_access(e, value, true);
		break;
	case E1K_FLA:
		e->state.FLA = value;
		break;
	}
}

int e1k_nvm_save(struct vmig_dev *vm, struct vmig_chunk *c)
{
	struct e1k *e = vm_to_e1k(vm);
	u32 i;

	guard(mutex)(&e->pci.lock);
	for (i = 0; i < e->nvm_words; i++)
		put_unaligned_le16(e->nvm[i], c->data + 2 * i);
	c->len = 2 * e->nvm_words;
	return VMIG_SAVE_CHUNK;
}

int e1k_nvm_load(struct vmig_dev *vm, const struct vmig_chunk *c)
{
	struct e1k *e = vm_to_e1k(vm);
	u32 i;

	if (c->len != 2 * e->nvm_words)
		return vmig_refuse(vm, -ERANGE, "NVM: %u bytes, this card has %u",
				   c->len, 2 * e->nvm_words);
	guard(mutex)(&e->pci.lock);
	for (i = 0; i < e->nvm_words; i++)
		e->nvm_shadow[i] = get_unaligned_le16(c->data + 2 * i);
	return 0;
}
