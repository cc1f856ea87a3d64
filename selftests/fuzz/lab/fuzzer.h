/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the fuzzer of ioctls, and what a thread of it knows. */
#ifndef _FUZZ_FUZZER_H
#define _FUZZ_FUZZER_H

#include <errno.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <sys/types.h>
#include "fsm.h"
#include "run.h"
#include "stream.h"

#define PAGE		4096
#define FILES		6
#define BUF_SIZE	(256 << 10)
#define DMA_SIZE	(64 << 10)
#define DMA_IOVA	0x100000

#define BAR_VRAM	0
#define BAR_REGS	2
#define BAR_ENGINE	4

/* What the device has to do with a data file. */
enum life {
	DEAD,		/* ENODEV, whatever is asked */
	LIVE,		/* the one of the present session */
	UNSURE,		/* others change the device's state meanwhile */
};

struct data_file {
	int fd;		/* -1: no file here */
	bool save;
	bool spoilt;	/* what was written may be no stream any more */
	enum life life;
};

/**
 * struct fuzzer - one thread
 * @run: the whole run
 * @thread: its number
 * @strict: it is alone, so the device must answer exactly
 * @v: device; its descriptors are the same for all threads
 * @state: what the device must be in, when strict
 * @files: data files that were opened here, also those that are dead
 * @good: stream that the device accepts
 * @sent: bytes of @good that the live file has taken
 * @vram: mapping of BAR0, or NULL
 * @vram_size: of all of it
 * @buf: BUF_SIZE bytes
 * @pages: page to write, page to read, page to do nothing with, in a row
 * @dma: DMA_SIZE bytes that the device may be given
 * @eventfd: for interrupts
 */
struct fuzzer {
	struct run *run;
	unsigned int thread;
	bool strict;
	struct rng rng;
	struct kcov kcov;
	struct vdev v;
	uint32_t state;
	struct data_file files[FILES];
	const struct stream *good;
	size_t sent;
	char *vram;
	size_t vram_size;
	char *buf;
	char *pages;
	char *dma;
	int eventfd;
};

static inline uint64_t at(uint32_t region, uint64_t off)
{
	return ((uint64_t)region << 40) + off;
}

/* hostile.c: addresses that a caller may give and should not */
void hostile_init(struct fuzzer *f);
void *hostile_buf(struct fuzzer *f, size_t len, bool *fair);
void *hostile_arg(struct fuzzer *f, const void *arg, size_t len, bool *fair);

/* model.c: the state and the data files */
void model_reset(struct fuzzer *f);
void model_changed(struct fuzzer *f);
void model_check(struct fuzzer *f);
void op_set_state(struct fuzzer *f);
void op_debugfs(struct fuzzer *f);
void op_fault(struct fuzzer *f);
void op_reset(struct fuzzer *f);
void op_reopen(struct fuzzer *f);
void op_read(struct fuzzer *f);
void op_write(struct fuzzer *f);
void op_poll(struct fuzzer *f);
void op_precopy_info(struct fuzzer *f);
void op_close(struct fuzzer *f);
void op_data_size(struct fuzzer *f);

/* regions.c: registers, VRAM, guest memory, pictures */
void op_region(struct fuzzer *f);
void op_engine(struct fuzzer *f);
void op_mode(struct fuzzer *f);
void op_plane(struct fuzzer *f);
void op_mmap(struct fuzzer *f);
void op_touch(struct fuzzer *f);
void op_dma(struct fuzzer *f);
void map_vram(struct fuzzer *f);

#endif
