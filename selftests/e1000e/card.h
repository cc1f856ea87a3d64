/* SPDX-License-Identifier: GPL-2.0-only */
/* An Intel 82574L as a guest's driver sees it, and moves of it to another. */
#ifndef _CARD_H
#define _CARD_H

#include "regs.h"
#include "stream.h"

#define BAR_REGS	0
#define BAR_FLASH	1
#define BAR_IO		2
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX

enum offset {
#define CARD_OFFSET(name, offset, ...)	name = (offset),
	E1K_TABLE_REGS(CARD_OFFSET)
	E1K_WAKE_REGS(CARD_OFFSET)
	E1K_FLEX_REGS(CARD_OFFSET)
	E1K_KEPT_REGS(CARD_OFFSET)
	E1K_PLAIN_REGS(CARD_OFFSET)
	E1K_TRICK_REGS(CARD_OFFSET)
	E1K_VIRTUAL_REGS(CARD_OFFSET)
	E1K_LOST_REGS(CARD_OFFSET)
#undef CARD_OFFSET
	ICS = 0xc8, IMC = 0xd8,
};

enum statistic {
#define CARD_STAT(name, offset, ...)	STAT_##name = (offset),
	E1K_STATISTICS(CARD_STAT)
#undef CARD_STAT
};

enum {
	CTRL_SLU = 1 << 6, CTRL_RST = 1 << 26,
	RCTL_EN = 1 << 1, RCTL_UPE = 1 << 3, RCTL_MPE = 1 << 4,
	RCTL_LBM_MAC = 1 << 6, RCTL_SECRC = 1 << 26, RCTL_BAM = 1 << 15,
	TCTL_EN = 1 << 1, TCTL_PSP = 1 << 3,
	CAUSE_TXDW = 1 << 0, CAUSE_TXQE = 1 << 1, CAUSE_LSC = 1 << 2,
	CAUSE_RXT0 = 1 << 7, CAUSE_RXQ0 = 1 << 20, CAUSE_OTHER = 1 << 24,
	CAUSE_ASSERTED = 1u << 31,
};

/* Guest memory, where DMA goes; the rings are at its start. */
#define IOVA		0x100000
#define TX_RING		0x0000
#define RX_RING		0x1000
#define RX_BUFFERS	0x10000
#define TX_BUFFER	0x8000
#define DMA_LEN		0x80000
#define RING		16
#define BUFFER		2048

struct card {
	struct vdev v;
	char *mem;
	unsigned int tail;	/* next transmit descriptor */
};

int card_open(struct card *c, int nr);
void card_close(struct card *c);

uint32_t get(struct card *c, uint32_t offset);
void put(struct card *c, uint32_t offset, uint32_t value);
uint32_t config_get(struct card *c, uint32_t offset, size_t len);
void config_put(struct card *c, uint32_t offset, uint32_t value, size_t len);
void command(struct card *c, uint16_t value);
#define CMD_MEM		2
#define CMD_MASTER	4

bool card_on_bus(struct card *c);

uint16_t nvm_get(struct card *c, uint32_t word);
int eventfds(struct card *c, uint32_t index, int *fds, unsigned int nr);
int fired(int fd, int ms);

/* What a VMM does: save here, load there, and set the command register. */
int card_save(struct card *c, struct stream *s);
int card_load(struct card *c, const struct stream *s);
int card_move(struct card *from, struct card *to);
int card_run(struct card *c);

/* Rings, and frames that come back to the card that sends them. */
void rings(struct card *c);
void go(struct card *c);
void send_frame(struct card *c, const void *frame, size_t len);
void post(struct card *c, const uint64_t descriptor[2]);
int sent(struct card *c);
int received(struct card *c, unsigned int slot);

#endif
