/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way leads from one migration state to another, by the rules of
 * linux/vfio.h and not by the kernel's table, which it is to be checked with.
 */
#ifndef _FSM_H
#define _FSM_H

#include <stdbool.h>
#include <stdint.h>

#define NR_STATES 8

bool fsm_saving(uint32_t state);
bool fsm_supported(uint64_t flags, uint32_t state);
int fsm_path(uint64_t flags, uint32_t from, uint32_t to,
	     uint32_t path[NR_STATES]);
bool fsm_brings_file(uint32_t from, uint32_t to);

#endif
