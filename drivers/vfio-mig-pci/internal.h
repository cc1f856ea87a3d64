/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of vfio_mig_pci.ko, for each other. */
#ifndef _VMIG_PCI_INTERNAL_H
#define _VMIG_PCI_INTERNAL_H

#include <vmig/pci.h>

/* power.c: the card can be reached between begin and end */
struct vmig_wake {
	pci_power_t power;
	u16 command;
};

bool vmig_guest_begin(struct vmig_pci *p);
void vmig_guest_end(struct vmig_pci *p);
void vmig_card_begin(struct vmig_pci *p, struct vmig_wake *w);
void vmig_card_end(struct vmig_pci *p, struct vmig_wake *w);
void vmig_wake_begin(struct vmig_pci *p, struct vmig_wake *w);
void vmig_wake_end(struct vmig_pci *p, struct vmig_wake *w);
u16 vmig_command(struct vmig_pci *p, u16 clear, u16 set);
bool vmig_master(struct vmig_pci *p, bool on);

/* bars.c */
const struct vmig_pci_bar *vmig_bar(struct vmig_pci *p, u32 index);
bool vmig_bar_trapped(const struct vmig_pci_bar *bar, u32 offset);
int vmig_bar_region_info(struct vmig_pci *p, struct vfio_region_info *info,
			 struct vfio_info_cap *caps);
long vmig_bar_region_info_ioctl(struct vmig_pci *p, void __user *arg);
int vmig_bar_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
ssize_t vmig_bar_rw(struct vmig_pci *p, const struct vmig_pci_bar *bar,
		    char __user *buf, size_t count, loff_t *ppos, bool write);
void vmig_bar_zap_doorbells(struct vmig_pci *p);

/* memory.c; all do nothing for a card without memory */
int vmig_card_memory_init(struct vmig_pci *p);
void vmig_card_memory_free(struct vmig_pci *p);
int vmig_card_memory_open(struct vmig_pci *p);
void vmig_card_memory_close(struct vmig_pci *p);
void vmig_card_memory_clear(struct vmig_pci *p);
void vmig_card_memory_track(struct vmig_pci *p, bool on);
bool vmig_card_memory_is(const struct vmig_pci *p, u32 index);
void vmig_card_memory_mmap(struct vm_area_struct *vma);
vm_fault_t vmig_card_memory_fault(struct vmig_pci *p, struct vm_fault *vmf,
				  unsigned long pfn);
ssize_t vmig_card_memory_rw(struct vmig_pci *p, char __user *buf, size_t count,
			    loff_t *ppos, bool write);

/* config.c */
ssize_t vmig_config_rw(struct vmig_pci *p, char __user *buf, size_t count,
		       loff_t *ppos, bool write);
void vmig_config_reset(struct vmig_pci *p);
void vmig_config_save(struct vmig_pci *p);
void vmig_config_load(struct vmig_pci *p);

/* log.c */
extern const struct vfio_log_ops vmig_pci_log_ops;
void vmig_log_dma_possible(struct vmig_pci *p);

/* guestmem.c */
int vmig_guest_bind_iommufd(struct vfio_device *vdev, struct iommufd_ctx *ictx,
			    u32 *out_id);
void vmig_guest_unbind_iommufd(struct vfio_device *vdev);
int vmig_guest_attach_ioas(struct vfio_device *vdev, u32 *pt_id);
void vmig_guest_detach_ioas(struct vfio_device *vdev);
bool vmig_guest_may_pin(struct vmig_pci *p);

/* job.c */
int vmig_guest_jobs_setup(void);
void vmig_guest_jobs_teardown(void);

/* track/thread.c; all do nothing for a card without a tracker */
int vmig_track_create(struct vmig_pci *p);
void vmig_track_destroy(struct vmig_pci *p);
void vmig_track_lock(struct vmig_pci *p);
void vmig_track_unlock(struct vmig_pci *p);
int vmig_track_start(struct vmig_pci *p);
void vmig_track_stop(struct vmig_pci *p, bool closing);
bool vmig_track_sync(struct vmig_pci *p);
bool vmig_track_report(struct vmig_pci *p);
void vmig_track_before(struct vmig_pci *p, u32 offset, u32 value);
void vmig_track_after(struct vmig_pci *p, u32 offset);
bool vmig_track_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write);
bool vmig_track_lost(struct vmig_pci *p);
void vmig_track_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len);
unsigned int vmig_track_counters(struct vmig_pci *p, struct vmig_counter *c,
				 unsigned int max);

/* track/pins.c */
bool vmig_pins_narrow(struct vmig_pci *p);

/* track/shadow.c; under core.memory_lock */
bool vmig_track_has(const struct vmig_pci *p, u32 offset);
struct page *vmig_track_page(struct vmig_pci *p, u32 offset);

#endif
