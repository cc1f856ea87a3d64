/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest with a driver of the card, and the network that it is on. */
#ifndef _STRICT_GUEST_H
#define _STRICT_GUEST_H

#include "host.h"

#define GUEST_SLOTS	128u
#define GUEST_RX_BUFS	256u
#define GUEST_TX_BUFS	128u
#define GUEST_FRAMES	BIT(20)

/**
 * struct guest_config - what this guest's driver does with its card
 * @slots: length of both rings
 * @extended: descriptors with extended status
 * @rx_threshold: RXDCTL.WTHRESH
 * @tx_threshold: TXDCTL.WTHRESH
 * @rdtr: RDTR, in ticks
 * @tidv: TIDV, in ticks
 * @ide: descriptors are delayed by TIDV
 * @rs_every: frames for each of which one asks for a report
 * @lazy: leaves the last descriptor that is done for later
 * @context: sends a context once, and with no frame
 * @vlans: below 32 that it receives, by their bits
 * @loopback: its card is told to loop back; the model does not
 */
struct guest_config {
	u32 slots;
	bool extended;
	u32 rx_threshold;
	u32 tx_threshold;
	u32 rdtr;
	u32 tidv;
	bool ide;
	u32 rs_every;
	bool lazy;
	bool context;
	u32 vlans;
	bool loopback;
};

/**
 * struct guest - a guest
 * @on: host
 * @config: see above
 * @dirty: pages that it has written
 * @clock: time that it has run, in ns
 * @rx_clean: next descriptor that it looks at
 * @rx_next: next descriptor that it posts
 * @rx_buf: buffer of each slot, or -1
 * @rx_free: buffers that it has
 * @rx_seen: when something came last, on @clock
 * @rx_frames: that came
 * @tx_clean: oldest descriptor that is not done
 * @tx_next: next descriptor that it fills
 * @tx_eop: last descriptor of the report that begins in a slot
 * @tx_seq: frame in each slot, 0 for none
 * @tx_seen: when something was done last, or begun
 * @seq: last frame
 * @acked: frames that the card has reported
 * @wired: frames that were seen on the network
 * @excused: frames before this one may be lost: the guest has reset its card
 * @pba: that it has set before its reset
 * @manc: what it has in its management filters
 * @flushed: when it wrote FPD last
 * @announced: VLANs in which a card has told where the guest is, by their bits;
 *	bit 0 for none
 * @mac: its address, as in RA
 * @offered: frames that a card took from the network since @rx_seen
 */
struct guest {
	struct host *on;
	struct guest_config config;
	bool dirty[HOST_PAGES];
	u64 clock;
	u32 rx_clean;
	u32 rx_next;
	s32 rx_buf[GUEST_SLOTS];
	u32 rx_free[GUEST_RX_BUFS];
	u32 nr_rx_free;
	u64 rx_seen;
	u32 rx_frames;
	u32 tx_clean;
	u32 tx_next;
	u32 tx_since_rs;
	u32 tx_seq[GUEST_SLOTS];
	u64 tx_seen;
	u32 seq;
	u8 *acked;
	u8 *wired;
	u32 excused;
	u32 pba;
	u32 manc;
	u64 flushed;
	u32 offered;
	u32 wire_seq;
	u64 context[2];
	u32 announced;
	u32 mac[2];
};

void guest_start(struct guest *g, struct host *on);
void guest_end(struct guest *g);
void guest_bring_up(struct guest *g);
void guest_leave_signs(struct guest *g);
void guest_phy_begin(struct guest *g);
void guest_phy_end(struct guest *g);
void guest_rearm(struct guest *g);
void guest_run(struct guest *g, u64 ns, bool busy);
bool guest_sees_announcement(struct guest *g, const u8 *data, u32 len);
bool guest_has_context(struct guest *g);
void guest_check_registers(struct guest *g);
void guest_drain(struct guest *g);
u32 guest_reg_read(struct guest *g, u32 at);
void guest_reg_write(struct guest *g, u32 at, u32 value);
bool guest_frame_is(const u8 *data, u32 len, u32 *seq);

#endif
