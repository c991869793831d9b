// SPDX-License-Identifier: GPL-2.0
/*
 * A file system image in a module's read-only data, as the block device
 * /dev/kheaders.  Bios are answered by copying: no request queue, no second
 * copy of the image.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/version.h>

#include "blob.h"

static int kblk_major;
static struct gendisk *kblk_disk;

static void kblk_submit_bio(struct bio *bio)
{
	u64 pos = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	struct bvec_iter iter;
	struct bio_vec bv;

	if (bio_op(bio) != REQ_OP_READ) {
		bio_io_error(bio);
		return;
	}
	bio_for_each_segment(bv, bio, iter) {
		u64 left = pos < kheaders_size ? kheaders_size - pos : 0;
		size_t len = min_t(u64, bv.bv_len, left);

		/* The last sector may be longer than what is left of the image. */
		if (len)
			memcpy_to_page(bv.bv_page, bv.bv_offset,
				       (const char *)kheaders_blob + pos, len);
		if (len < bv.bv_len)
			memzero_page(bv.bv_page, bv.bv_offset + len,
				     bv.bv_len - len);
		pos += bv.bv_len;
	}
	bio_endio(bio);
}

static const struct block_device_operations kblk_ops = {
	.owner = THIS_MODULE,
	.submit_bio = kblk_submit_bio,
};

static struct gendisk *kblk_alloc(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	struct queue_limits lim = {
		.physical_block_size = PAGE_SIZE,
		.features = BLK_FEAT_SYNCHRONOUS,
	};

	return blk_alloc_disk(&lim, NUMA_NO_NODE);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	struct queue_limits lim = { .physical_block_size = PAGE_SIZE };

	return blk_alloc_disk(&lim, NUMA_NO_NODE);
#else
	return blk_alloc_disk(NUMA_NO_NODE) ?: ERR_PTR(-ENOMEM);
#endif
}

static int __init kblk_init(void)
{
	int err;

	kblk_major = register_blkdev(0, "kheaders");
	if (kblk_major < 0)
		return kblk_major;
	kblk_disk = kblk_alloc();
	if (IS_ERR(kblk_disk)) {
		err = PTR_ERR(kblk_disk);
		goto out_unregister;
	}
	kblk_disk->major = kblk_major;
	kblk_disk->first_minor = 0;
	kblk_disk->minors = 1;
	kblk_disk->flags |= GENHD_FL_NO_PART;
	kblk_disk->fops = &kblk_ops;
	strscpy(kblk_disk->disk_name, "kheaders", DISK_NAME_LEN);
	set_capacity(kblk_disk, DIV_ROUND_UP(kheaders_size, SECTOR_SIZE));
	set_disk_ro(kblk_disk, true);
	err = add_disk(kblk_disk);
	if (err)
		goto out_put;
	return 0;

out_put:
	put_disk(kblk_disk);
out_unregister:
	unregister_blkdev(kblk_major, "kheaders");
	return err;
}
module_init(kblk_init);

static void __exit kblk_exit(void)
{
	del_gendisk(kblk_disk);
	put_disk(kblk_disk);
	unregister_blkdev(kblk_major, "kheaders");
}
module_exit(kblk_exit);

MODULE_DESCRIPTION("Kernel headers as a read-only block device");
MODULE_LICENSE("GPL");
