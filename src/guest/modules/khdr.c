// SPDX-License-Identifier: GPL-2.0
/*
 * A blob behind /sys/kernel/kheaders_blob, as kernel/kheaders.c has its archive
 * behind /sys/kernel/kheaders.tar.xz.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/version.h>

#include "blob.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
typedef const struct bin_attribute khdr_attribute;
#else
typedef struct bin_attribute khdr_attribute;
#endif

static ssize_t khdr_read(struct file *file, struct kobject *kobj,
			 khdr_attribute *attr, char *buf, loff_t pos,
			 size_t len)
{
	/* sysfs has clipped pos and len to attr->size. */
	memcpy(buf, kheaders_blob + pos, len);
	return len;
}

static struct bin_attribute khdr_attr __ro_after_init = {
	.attr = { .name = "kheaders_blob", .mode = 0444 },
	.read = khdr_read,
};

static int __init khdr_init(void)
{
	khdr_attr.size = kheaders_size;
	return sysfs_create_bin_file(kernel_kobj, &khdr_attr);
}
module_init(khdr_init);

static void __exit khdr_exit(void)
{
	sysfs_remove_bin_file(kernel_kobj, &khdr_attr);
}
module_exit(khdr_exit);

MODULE_DESCRIPTION("Kernel headers as a blob in sysfs");
MODULE_LICENSE("GPL");
