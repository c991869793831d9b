// SPDX-License-Identifier: GPL-2.0
/*
 * The file system: mount -t khfs none /sys/kernel/headers
 *
 * There is one super block, shared by all mounts, as there is one container.
 * An inode's number is its record's, plus one.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/highmem.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/sysfs.h>
#include <linux/version.h>

#include "blob.h"
#include "khfs.h"

static struct inode *khfs_iget(struct super_block *sb, u32 nr);

static struct khfs_sb *khfs_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static u32 khfs_nr(const struct inode *inode)
{
	return inode->i_ino - 1;
}

/* The whole file in a buffer of its own, or an error. */
static void *khfs_content(struct inode *inode)
{
	const struct khfs_sb *fs = khfs_sb(inode->i_sb);
	const struct khfs_record *rec = &fs->record[khfs_nr(inode)];
	struct khfs_cursor cur;
	void *content;
	int err;

	content = kvmalloc(i_size_read(inode), GFP_NOFS);
	if (!content)
		return ERR_PTR(-ENOMEM);
	khfs_seek(fs, khfs_nr(inode), &cur);
	err = khfs_codec_unpack(fs->codec, content, i_size_read(inode),
				fs->blob + cur.at.blob, le32_to_cpu(rec->stored));
	if (err) {
		kvfree(content);
		return ERR_PTR(err);
	}
	return content;
}

/* Folios of this file system are single pages: large ones are not asked for. */
static void khfs_fill(struct folio *folio, const void *content, loff_t size)
{
	loff_t pos = folio_pos(folio);
	size_t len = pos < size ? min_t(loff_t, size - pos, PAGE_SIZE) : 0;
	void *to = kmap_local_folio(folio, 0);

	memcpy(to, content + pos, len);
	memset(to + len, 0, PAGE_SIZE - len);
	kunmap_local(to);
	flush_dcache_folio(folio);
	folio_mark_uptodate(folio);
}

static int khfs_read_folio(struct file *file, struct folio *folio)
{
	struct inode *inode = folio->mapping->host;
	void *content = khfs_content(inode);

	if (!IS_ERR(content)) {
		khfs_fill(folio, content, i_size_read(inode));
		kvfree(content);
	} else if (PTR_ERR(content) == -EIO) {
		pr_err_ratelimited("khfs: inode %lu is corrupt\n", inode->i_ino);
	}
	folio_unlock(folio);
	return PTR_ERR_OR_ZERO(content);
}

/*
 * A file is compressed as a whole, so it is read as a whole.  What can't be
 * decompressed is left to khfs_read_folio(), which tells of it.
 */
static void khfs_readahead(struct readahead_control *rac)
{
	struct inode *inode = rac->mapping->host;
	struct folio *folio;
	void *content;

	readahead_expand(rac, 0, i_size_read(inode));
	content = khfs_content(inode);
	while ((folio = readahead_folio(rac))) {
		if (!IS_ERR(content))
			khfs_fill(folio, content, i_size_read(inode));
		folio_unlock(folio);
	}
	if (!IS_ERR(content))
		kvfree(content);
}

static const struct address_space_operations khfs_aops = {
	.read_folio = khfs_read_folio,
	.readahead = khfs_readahead,
};

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

static const struct inode_operations khfs_dir_iops = {
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

static const struct file_operations khfs_dir_fops = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = khfs_iterate,
};

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

static struct inode *khfs_iget(struct super_block *sb, u32 nr)
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
static void khfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	free_inode_nonrcu(inode);
}

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
