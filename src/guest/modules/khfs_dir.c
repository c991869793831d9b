// SPDX-License-Identifier: GPL-2.0
/* Directories: names looked up and listed from the index. */
#include <linux/dcache.h>
#include <linux/fs.h>

#include "khfs.h"

static struct dentry *khfs_lookup(struct inode *dir, struct dentry *dentry,
				  unsigned int flags)
{
	struct inode *inode = NULL;
	int nr;

	nr = khfs_find(khfs_sb(dir->i_sb), khfs_nr(dir), dentry->d_name.name,
		       dentry->d_name.len);
	if (nr >= 0)
		inode = khfs_iget(dir->i_sb, nr);
	return d_splice_alias(inode, dentry);
}

const struct inode_operations khfs_dir_iops = {
	.lookup = khfs_lookup,
};

static unsigned int khfs_dtype(const struct khfs_record *rec)
{
	switch (rec->kind) {
	case KHFS_DIR:
		return DT_DIR;
	case KHFS_SYMLINK:
		return DT_LNK;
	default:
		return DT_REG;
	}
}

static int khfs_iterate(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);
	const struct khfs_sb *fs = khfs_sb(dir->i_sb);
	u32 count = le32_to_cpu(fs->record[khfs_nr(dir)].size);
	struct khfs_cursor cur;

	if (!dir_emit_dots(file, ctx))
		return 0;
	if (ctx->pos - 2 >= count)
		return 0;
	khfs_seek(fs, khfs_nr(dir), &cur);
	khfs_seek(fs, cur.at.child + (u32)(ctx->pos - 2), &cur);
	for (; ctx->pos - 2 < count; khfs_next(fs, &cur), ctx->pos++) {
		const struct khfs_record *rec = &fs->record[cur.nr];

		if (!dir_emit(ctx, fs->text + cur.at.text, le16_to_cpu(rec->name),
			      cur.nr + 1, khfs_dtype(rec)))
			break;
	}
	return 0;
}

const struct file_operations khfs_dir_fops = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = khfs_iterate,
};
