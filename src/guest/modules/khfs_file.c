// SPDX-License-Identifier: GPL-2.0
/* The content of files: decompressed when it is read, into the page cache. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>

#include "khfs.h"

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

const struct address_space_operations khfs_aops = {
	.read_folio = khfs_read_folio,
	.readahead = khfs_readahead,
};
