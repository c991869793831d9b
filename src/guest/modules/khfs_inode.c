// SPDX-License-Identifier: GPL-2.0
/* Inodes, made from records when they are looked up. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "khfs.h"

static void khfs_set_times(struct inode *inode, u32 mtime)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	inode_set_mtime(inode, mtime, 0);
	inode_set_atime(inode, mtime, 0);
	inode_set_ctime(inode, mtime, 0);
#else
	struct timespec64 time = { .tv_sec = mtime };

	inode->i_mtime = time;
	inode->i_atime = time;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	inode_set_ctime_to_ts(inode, time);
#else
	inode->i_ctime = time;
#endif
#endif
}

static int khfs_fill_inode(struct inode *inode, const struct khfs_sb *fs, u32 nr)
{
	const struct khfs_record *rec = &fs->record[nr];
	struct khfs_cursor cur;

	khfs_set_times(inode, fs->mtime);
	switch (rec->kind) {
	case KHFS_DIR:
		inode->i_mode = S_IFDIR | 0755;
		inode->i_op = &khfs_dir_iops;
		inode->i_fop = &khfs_dir_fops;
		/* One: how many directories it holds was not counted. */
		break;
	case KHFS_SYMLINK:
		khfs_seek(fs, nr, &cur);
		inode->i_link = kmemdup_nul(fs->text + cur.at.text +
					    le16_to_cpu(rec->name),
					    le32_to_cpu(rec->size), GFP_KERNEL);
		if (!inode->i_link)
			return -ENOMEM;
		inode->i_mode = S_IFLNK | 0777;
		inode->i_op = &simple_symlink_inode_operations;
		i_size_write(inode, le32_to_cpu(rec->size));
		break;
	default:
		inode->i_mode = S_IFREG |
				(rec->kind == KHFS_EXECUTABLE ? 0755 : 0644);
		inode->i_fop = &generic_ro_fops;
		inode->i_mapping->a_ops = &khfs_aops;
		i_size_write(inode, le32_to_cpu(rec->size));
		inode->i_blocks = DIV_ROUND_UP(le32_to_cpu(rec->stored), 512);
	}
	return 0;
}

struct inode *khfs_iget(struct super_block *sb, u32 nr)
{
	struct inode *inode = iget_locked(sb, nr + 1);
	int err;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;
	err = khfs_fill_inode(inode, khfs_sb(sb), nr);
	if (err) {
		iget_failed(inode);
		return ERR_PTR(err);
	}
	unlock_new_inode(inode);
	return inode;
}

/* After a grace period: a walk under RCU may still read the link. */
void khfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	free_inode_nonrcu(inode);
}
