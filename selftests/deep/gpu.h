/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual GPU under test, whatever was done to it: there again if it is
 * gone, and of use or not. VFIO_MIG_DEVICE says which one; LAB_MODULES is
 * where our modules are.
 */
#ifndef _GPU_H
#define _GPU_H

#include "stream.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define BAR_VRAM	0
#define BAR_REGS	2
#define BAR_ENGINE	4
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX
#define PAGE		4096

/* Where guest memory is. */
#define GPU_IOVA	0x100000

/* Pages of VRAM that hold something in what gpu_paint() makes. */
#define GPU_PAINTED	6

enum { ENG_SRC = 0x08, ENG_DST = 0x10, ENG_LEN = 0x18, ENG_CMD = 0x1c,
	ENG_STATUS = 0x20, ENG_FILL = 0x24, ENG_IRQ = 0x28 };
enum { TO_VRAM = 1, TO_GUEST, IN_VRAM, FILL };

int gpu_insmod(const char *name);
int gpu_rmmod(const char *name);
int gpu_create(void);
int gpu_remove(void);
int gpu_ensure(void);
int gpu_defaults(void);

int gpu_read(struct vdev *v, uint32_t region, uint64_t off, void *p, size_t len);
int gpu_write(struct vdev *v, uint32_t region, uint64_t off, const void *p,
	      size_t len);
int gpu_put(struct vdev *v, uint32_t region, uint64_t off, uint32_t value,
	    size_t len);
int gpu_bus_master(struct vdev *v);
int gpu_engine(struct vdev *v, uint32_t cmd, uint64_t src, uint64_t dst,
	       uint32_t len);
int gpu_msi(struct vdev *v, int fd);

int gpu_paint(struct vdev *v);
int gpu_is_blank(struct vdev *v);
int gpu_works(struct vdev *v);
int gpu_opens_and_works(void);

int gpu_debugfs(const char *name, char *buf, size_t len);
int gpu_sessions(void);
long gpu_module_users(const char *name);

#endif
