// SPDX-License-Identifier: GPL-2.0
/*
 * The file system: mount -t khfs none /sys/kernel/headers
 *
 * There is one super block, shared by all mounts, as there is one container.
 */
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/sysfs.h>

#include "blob.h"
#include "khfs.h"

static int khfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	const struct khfs_sb *fs = khfs_sb(dentry->d_sb);

	buf->f_type = KHFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_blocks = DIV_ROUND_UP(kheaders_size, PAGE_SIZE);
	buf->f_files = fs->records;
	buf->f_namelen = NAME_MAX;
	return 0;
}

static const struct super_operations khfs_sops = {
	.free_inode = khfs_free_inode,
	.statfs = khfs_statfs,
};

static int khfs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;
	struct khfs_sb *fs;
	int err;

	fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	if (!fs)
		return -ENOMEM;
	/* From here on khfs_kill_sb() frees it, whatever happens. */
	sb->s_fs_info = fs;
	err = khfs_index_open(fs, kheaders_blob, kheaders_size);
	if (err) {
		errorf(fc, "khfs: the container is corrupt or not supported (%d)", err);
		return err;
	}
	sb->s_flags |= SB_RDONLY | SB_NOATIME;
	sb->s_magic = KHFS_MAGIC;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = NSEC_PER_SEC;
	sb->s_time_min = 0;
	sb->s_time_max = U32_MAX;
	sb->s_op = &khfs_sops;
	/*
	 * A file system without a device has no readahead: each page would be
	 * read alone, and all of its file decompressed for it.
	 */
	err = super_setup_bdi(sb);
	if (err)
		return err;
	sb->s_bdi->ra_pages = VM_READAHEAD_PAGES;
	root = khfs_iget(sb, 0);
	if (IS_ERR(root))
		return PTR_ERR(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int khfs_get_tree(struct fs_context *fc)
{
	return get_tree_single(fc, khfs_fill_super);
}

static int khfs_reconfigure(struct fs_context *fc)
{
	fc->sb_flags |= SB_RDONLY;
	return 0;
}

static const struct fs_context_operations khfs_context_ops = {
	.get_tree = khfs_get_tree,
	.reconfigure = khfs_reconfigure,
};

static int khfs_init_fs_context(struct fs_context *fc)
{
	fc->ops = &khfs_context_ops;
	fc->sb_flags |= SB_RDONLY;
	return 0;
}

static void khfs_kill_sb(struct super_block *sb)
{
	struct khfs_sb *fs = khfs_sb(sb);

	kill_anon_super(sb);
	if (fs)
		khfs_index_close(fs);
	kfree(fs);
}

static struct file_system_type khfs_type = {
	.owner = THIS_MODULE,
	.name = "khfs",
	.init_fs_context = khfs_init_fs_context,
	.kill_sb = khfs_kill_sb,
};
MODULE_ALIAS_FS("khfs");

static int __init khfs_init(void)
{
	int err = sysfs_create_mount_point(kernel_kobj, "headers");

	if (err)
		return err;
	err = register_filesystem(&khfs_type);
	if (err)
		sysfs_remove_mount_point(kernel_kobj, "headers");
	return err;
}
module_init(khfs_init);

static void __exit khfs_exit(void)
{
	unregister_filesystem(&khfs_type);
	sysfs_remove_mount_point(kernel_kobj, "headers");
	/* Inodes are freed after a grace period, by code of this module. */
	rcu_barrier();
}
module_exit(khfs_exit);

MODULE_DESCRIPTION("Kernel headers as a file system");
MODULE_LICENSE("GPL");
