// SPDX-License-Identifier: GPL-2.0-only
/* vmf_insert_mixed() takes the number of a page as a pfn_t. */
#include <linux/mm.h>
#include <linux/pfn_t.h>

vm_fault_t probe(struct vm_area_struct *vma);

vm_fault_t probe(struct vm_area_struct *vma)
{
	return vmf_insert_mixed(vma, 0, __pfn_to_pfn_t(1, PFN_DEV));
}
