/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtual GPU as its guest's driver sees it: registers, engine, interrupt. */
#ifndef _VGPU_CARD_H
#define _VGPU_CARD_H

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "stream.h"

#define BAR_VRAM	0
#define BAR_REGS	2
#define BAR_ENGINE	4
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX
#define PAGE		4096
#define IOVA		0x100000

#define DISPI(index)	(0x500 + 2 * (index))
#define NR_DISPI	11
#define BYTE_ORDER_REG	0x604

enum { ENG_SRC = 0x08, ENG_DST = 0x10, ENG_LEN = 0x18, ENG_CMD = 0x1c,
	ENG_STATUS = 0x20, ENG_FILL = 0x24, ENG_IRQ = 0x28 };
enum { TO_VRAM = 1, TO_GUEST, IN_VRAM, FILL };
enum { BUSY = 1, DONE = 2, FAILED = 4 };

uint64_t at(uint32_t region, uint64_t off);
uint32_t get(struct vdev *v, uint32_t region, uint32_t off, size_t len);
void put(struct vdev *v, uint32_t region, uint32_t off, uint32_t value,
	 size_t len);
void bus_master(struct vdev *v, int on);
bool is_vgpu(struct vdev *v);

/* Gives the engine work; @cmd is one of TO_VRAM to FILL. */
void start(struct vdev *v, uint32_t cmd, uint64_t src, uint64_t dst,
	   uint32_t len);
/* Sets an eventfd as the interrupt, and lets the engine use it; -1 or the fd. */
int arm(struct vdev *v);
/* The same without the engine's own mask. */
int set_interrupt(struct vdev *v);
/* Sets an eventfd for an index of interrupts; -1 or the fd. */
int set_eventfd(struct vdev *v, uint32_t index);
/* Waits up to @ms for an interrupt; true if there was one. */
bool interrupted(int irq, int ms);
/* Waits for the end of the work; the status, which is cleared, or 0. */
uint32_t finish(struct vdev *v, int irq);

char *map_vram(struct vdev *v, size_t *size);
/* Guest memory of @len bytes at IOVA, or NULL. */
char *map_dma(struct vdev *v, size_t len);

/* 0 or -errno */
int write_file(const char *path, const char *text);

/* Arms a fault in the core ("KIND:NAME -ERRNO") or, with "off", disarms. */
int arm_fault(const char *what);

#endif
