/* SPDX-License-Identifier: GPL-2.0 */
/*
 * khfs: kernel headers as a read-only file system in a module.
 *
 * The module carries a container of packed files: a header of fixed length,
 * the files, each compressed on its own, an optional dictionary, and a
 * compressed index.  The index is unpacked and checked once, when the first
 * mount comes; a file is decompressed when it is read, into the page cache,
 * from where the kernel may take it back at any time.
 */
#ifndef KHFS_H
#define KHFS_H

#include <linux/fs.h>
#include <linux/init.h>
#include <linux/types.h>

#define KHFS_MAGIC	0x4b484653	/* "KHFS" */

/* On "disk", little endian, nothing aligned. */
struct khfs_header {
	u8	magic[8];		/* "KHDFILES" */
	__le16	version;
	u8	codec;
	u8	zero;
	__le32	mtime;
	__le32	records;
	__le32	dictionary_size;
	__le64	dictionary_at;		/* where the blobs end */
	__le64	index_at;		/* where the dictionary ends */
	__le32	index_size;		/* to the end of the container */
	__le32	index_unpacked;
	u8	zeroes[12];
	__le32	crc;
} __packed;

struct khfs_record {
	__le32	size;		/* directory: how many entries it holds */
	__le32	stored;		/* bytes in the container; 0: none */
	__le16	name;		/* bytes of the name */
	u8	kind;
	u8	zero;
} __packed;

enum khfs_kind { KHFS_DIR, KHFS_FILE, KHFS_EXECUTABLE, KHFS_SYMLINK };

enum khfs_codec_id { KHFS_GZIP = 1, KHFS_XZ = 2, KHFS_ZSTD = 3 };

struct khfs_codec;

struct khfs_sb {
	const u8		*blob;
	u32			mtime;
	u32			records;
	u32			blobs_end;	/* offset in the container */
	/* The index as unpacked: the records, then the texts. */
	const struct khfs_record *record;
	const char		*text;
	struct khfs_mark	*mark;
	struct khfs_codec	*codec;
};

/* Where a record's parts begin, all running sums over the records before. */
struct khfs_mark {
	u32	text;		/* its name, in the texts */
	u32	blob;		/* its content, in the container */
	u32	child;		/* the record of its first entry */
};

struct khfs_cursor {
	u32			nr;
	struct khfs_mark	at;
};

static inline struct khfs_sb *khfs_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* An inode's number is its record's, plus one. */
static inline u32 khfs_nr(const struct inode *inode)
{
	return inode->i_ino - 1;
}

/* khfs_inode.c */
struct inode *khfs_iget(struct super_block *sb, u32 nr);
void khfs_free_inode(struct inode *inode);

/* khfs_dir.c */
extern const struct inode_operations khfs_dir_iops;
extern const struct file_operations khfs_dir_fops;

/* khfs_file.c */
extern const struct address_space_operations khfs_aops;

/* khfs_index.c */
int khfs_index_open(struct khfs_sb *fs, const u8 *blob, u64 size);
void khfs_index_close(struct khfs_sb *fs);
void khfs_seek(const struct khfs_sb *fs, u32 nr, struct khfs_cursor *cur);
void khfs_next(const struct khfs_sb *fs, struct khfs_cursor *cur);
int khfs_find(const struct khfs_sb *fs, u32 dir, const char *name, size_t len);

/* khfs_codec.c */
struct khfs_codec *khfs_codec_create(enum khfs_codec_id id,
				     const void *dictionary, size_t size);
void khfs_codec_destroy(struct khfs_codec *codec);
int khfs_codec_unpack(struct khfs_codec *codec, void *to, size_t to_size,
		      const void *from, size_t size);

#endif
