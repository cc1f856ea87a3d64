// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the network where the guest is now: switches send the guest's frames to
 * the port where they have seen its address last, and a guest that only listens
 * would be out of reach until they forget. VMMs announce their own cards only.
 *
 * The card itself sends the frame, a request of reverse ARP as QEMU's, once for each
 * VLAN that the guest receives. Frame and descriptor need memory that the card can
 * reach, which is the guest's: they lie in a receive buffer that the guest has posted
 * and so does not look at, while reception has no descriptor. The card reads the
 * descriptor as it reads transmit contexts, see txctx.c, and reports nothing.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/unaligned.h>
#include "e1000e.h"
#include "ring.h"

#define LIMIT_MS	100
#define RARP_REQUEST	3
/* Shortest frame without its checksum, which the card adds, and a tag. */
#define ANNOUNCE_LEN	60
#define ANNOUNCE_ROOM	64
#define ANNOUNCE_EOP	BIT(24)
#define ANNOUNCE_IFCS	BIT(25)
#define ANNOUNCE_RCTL_LBM (BIT(6) | BIT(7))
#define ANNOUNCE_RCTL_VFE BIT(18)

/* A frame, and behind it its descriptor, which has to begin with a multiple of 16. */
struct announce_unit {
	u8 frame[ANNOUNCE_ROOM];
	__le64 address;
	__le32 command;
	__le32 status;
};

static void announce_make(struct announce_unit *u, u64 iova, const u8 *mac, u16 vid)
{
	u32 len = ANNOUNCE_LEN;
	u8 *at = u->frame;

	memset(u, 0, sizeof(*u));
	eth_broadcast_addr(at);
	memcpy(at + ETH_ALEN, mac, ETH_ALEN);
	at += 2 * ETH_ALEN;
	if (vid) {
		put_unaligned_be16(ETH_P_8021Q, at);
		put_unaligned_be16(vid, at + 2);
		at += VLAN_HLEN;
		len += VLAN_HLEN;
	}
	put_unaligned_be16(ETH_P_RARP, at);
	put_unaligned_be16(1, at + 2);		/* Ethernet */
	put_unaligned_be16(ETH_P_IP, at + 4);
	at[6] = ETH_ALEN;
	at[7] = 4;
	put_unaligned_be16(RARP_REQUEST, at + 8);
	memcpy(at + 10, mac, ETH_ALEN);
	memcpy(at + 20, mac, ETH_ALEN);
	u->address = cpu_to_le64(iova);
	u->command = cpu_to_le32(len | ANNOUNCE_EOP | ANNOUNCE_IFCS);
}

/* Finds room in what the guest has posted for the next packet. */
static bool announce_room(struct e1k *e, struct e1k_announce *a)
{
	struct vmig_buffer buffer[VMIG_RING_BUFFERS];
	u8 desc[VMIG_DESC_MAX] = { 0 };
	unsigned int i;

	if (vmig_guest_read(&e->pci, a->desc, desc, a->layout.units * E1K_UNIT))
		return false;
	e1k_rx_buffers(&a->layout, desc, buffer);
	for (i = 0; i < VMIG_RING_BUFFERS; i++) {
		u64 begin = round_up(buffer[i].iova, 16);
		u64 end = buffer[i].iova + buffer[i].len;

		if (begin < buffer[i].iova || end < begin)
			continue;
		a->room = min_t(u64, (end - begin) / sizeof(struct announce_unit),
				E1K_ANNOUNCE_MAX);
		a->iova = begin;
		if (a->room)
			return true;
	}
	return false;
}

static void announce_write(struct vmig_guest_job *job)
{
	struct e1k_announce *a = container_of(job, struct e1k_announce, job);
	struct e1k *e = container_of(a, struct e1k, announce);
	struct announce_unit unit;
	unsigned int i;

	a->written = 0;
	if (!announce_room(e, a))
		return;
	for (i = 0; i < min(a->nr, a->room); i++) {
		u64 iova = a->iova + i * sizeof(unit);

		announce_make(&unit, iova, a->mac, a->vid[i]);
		if (vmig_guest_write(&e->pci, iova, &unit, sizeof(unit)))
			return;
		a->written++;
	}
}

/* Lists the VLANs that the guest receives; 0 stands for frames without a tag. */
static void announce_vlans(struct e1k_announce *a, const struct e1k_state *s)
{
	u32 vid;

	a->nr = 0;
	a->vid[a->nr++] = 0;
	if (!(s->RCTL[0] & ANNOUNCE_RCTL_VFE))
		return;
	for (vid = 1; vid < VLAN_N_VID && a->nr < E1K_ANNOUNCE_MAX; vid++)
		if (s->VFTA[vid / 32] & BIT(vid % 32))
			a->vid[a->nr++] = vid;
}

/* Is the card up and on the network? In loopback the guest would hear of itself. */
static bool announce_is_up(const struct e1k_state *s)
{
	return s->RCTL[0] & RCTL_EN && s->TCTL[0] & TCTL_EN &&
	       s->RA[1] & RAH_AV && !(s->RCTL[0] & ANNOUNCE_RCTL_LBM);
}

/* Describes what there is to say; false when there is nothing, or no buffer for it. */
static bool announce_describe(struct e1k_announce *a, const struct e1k_state *s)
{
	u32 slots = (s->RDLEN[0] & E1K_RING_LEN_MASK) / E1K_UNIT;

	if (!announce_is_up(s) || s->RDH[0] >= slots || s->RDH[0] == s->RDT[0])
		return false;
	e1k_rx_layout(&a->layout, s->RCTL[0], s->RFCTL[0], s->PSRCTL[0]);
	a->desc = ((s->RDBAL[0] & E1K_RING_BASE_MASK) | (u64)s->RDBAH[0] << 32) +
		  s->RDH[0] * E1K_UNIT;
	put_unaligned_le32(s->RA[0], a->mac);
	put_unaligned_le16(s->RA[1], a->mac + 4);
	announce_vlans(a, s);
	return true;
}

void e1k_announce_init(struct e1k *e)
{
	vmig_guest_job_init(&e->announce.job, announce_write);
}

/* Before the user's memory goes. */
void e1k_announce_close(struct e1k *e)
{
	vmig_guest_job_end(&e->announce.job);
}

/**
 * e1k_announce_prepare - put the announcements where the card can read them
 * @e: card with state that was loaded
 * @ring: transmit ring that reads them, after the contexts that it has
 *
 * Memory that cannot be had in time is left alone: nothing is announced then.
 *
 * Context: without the card's lock.
 * Return: true if there are any.
 */
bool e1k_announce_prepare(struct e1k *e, struct e1k_tx_ring *ring)
{
	struct e1k_announce *a = &e->announce;
	unsigned int i, most;
	bool up;

	if (!vmig_guest_job_idle(&a->job))
		return false;
	scoped_guard(mutex, &e->pci.lock)
		up = announce_describe(a, &e->state);
	if (!up || !vmig_guest_job_run(&a->job, LIMIT_MS))
		return false;
	most = ring->slots > ring->nr_replays ?
		ring->slots - ring->nr_replays - 1 : 0;
	for (i = 0; i < min(a->written, most); i++)
		ring->replay[ring->nr_replays++] = a->iova +
			i * sizeof(struct announce_unit) +
			offsetof(struct announce_unit, address);
	return i;
}
