// SPDX-License-Identifier: GPL-2.0
/*
 * The index of the container: unpacked and checked as a whole, then searched.
 *
 * It stays as it was packed, 12 bytes a record and the bare names.  What is a
 * running sum over the records (where a name, a blob, a directory's entries
 * begin) is kept for every KHFS_STRIDE-th record only and summed up from there.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "khfs.h"

#define KHFS_STRIDE	16
/* More than any header set has; what is allocated for it is still modest. */
#define KHFS_INDEX_MAX	(32U << 20)
#define KHFS_FILE_MAX	(64U << 20)

static void khfs_add(const struct khfs_record *rec, struct khfs_mark *at)
{
	at->text += le16_to_cpu(rec->name);
	if (rec->kind == KHFS_DIR)
		at->child += le32_to_cpu(rec->size);
	else if (rec->kind == KHFS_SYMLINK)
		at->text += le32_to_cpu(rec->size);
	else
		at->blob += le32_to_cpu(rec->stored);
}

void khfs_next(const struct khfs_sb *fs, struct khfs_cursor *cur)
{
	khfs_add(&fs->record[cur->nr++], &cur->at);
}

void khfs_seek(const struct khfs_sb *fs, u32 nr, struct khfs_cursor *cur)
{
	cur->nr = round_down(nr, KHFS_STRIDE);
	cur->at = fs->mark[cur->nr / KHFS_STRIDE];
	while (cur->nr < nr)
		khfs_next(fs, cur);
}

static int khfs_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int diff = memcmp(a, b, min(a_len, b_len));

	if (diff)
		return diff;
	return a_len < b_len ? -1 : a_len > b_len;
}

/* The record called @name in the directory of record @dir, or -ENOENT. */
int khfs_find(const struct khfs_sb *fs, u32 dir, const char *name, size_t len)
{
	struct khfs_cursor cur;
	u32 low, high;

	khfs_seek(fs, dir, &cur);
	low = cur.at.child;
	high = low + le32_to_cpu(fs->record[dir].size);
	while (low < high) {
		u32 mid = low + (high - low) / 2;
		int diff;

		khfs_seek(fs, mid, &cur);
		diff = khfs_compare(name, len, fs->text + cur.at.text,
				    le16_to_cpu(fs->record[mid].name));
		if (!diff)
			return mid;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -ENOENT;
}

static bool khfs_name_ok(const char *name, size_t len)
{
	if (!len || len > NAME_MAX || memchr(name, '/', len) ||
	    memchr(name, '\0', len))
		return false;
	return name[0] != '.' || (len > 1 && (name[1] != '.' || len > 2));
}

/* Names of one directory ascend, so that they can be searched and none is twice. */
static bool khfs_dir_ok(const struct khfs_sb *fs, u32 first, u32 count)
{
	struct khfs_cursor cur;
	const char *last = "";
	size_t last_len = 0;

	if (!count)
		return true;
	for (khfs_seek(fs, first, &cur); cur.nr < first + count; khfs_next(fs, &cur)) {
		const char *name = fs->text + cur.at.text;
		size_t len = le16_to_cpu(fs->record[cur.nr].name);

		if (!khfs_name_ok(name, len) ||
		    khfs_compare(name, len, last, last_len) <= 0)
			return false;
		last = name;
		last_len = len;
	}
	return true;
}

/* One pass that checks every sum, and sets the marks on its way. */
static bool khfs_sums_ok(struct khfs_sb *fs, u32 text_size)
{
	struct khfs_mark at = { .blob = sizeof(struct khfs_header), .child = 1 };
	u32 nr;

	for (nr = 0; nr < fs->records; nr++) {
		const struct khfs_record *rec = &fs->record[nr];
		u32 size = le32_to_cpu(rec->size);
		u32 stored = le32_to_cpu(rec->stored);
		u32 name = le16_to_cpu(rec->name);

		if (!(nr % KHFS_STRIDE))
			fs->mark[nr / KHFS_STRIDE] = at;
		/* A record that none before it holds would be its own ancestor. */
		if (rec->zero || nr >= at.child || name > text_size - at.text)
			return false;
		switch (rec->kind) {
		case KHFS_DIR:
			if (stored || size > fs->records - at.child)
				return false;
			break;
		case KHFS_FILE:
		case KHFS_EXECUTABLE:
			if (!size != !stored || size > KHFS_FILE_MAX ||
			    stored > fs->blobs_end - at.blob)
				return false;
			break;
		case KHFS_SYMLINK:
			if (stored || !size || size >= PATH_MAX ||
			    size > text_size - at.text - name ||
			    memchr(fs->text + at.text + name, '\0', size))
				return false;
			break;
		default:
			return false;
		}
		khfs_add(rec, &at);
	}
	return at.text == text_size && at.child == fs->records &&
	       at.blob == fs->blobs_end;
}

static bool khfs_index_ok(struct khfs_sb *fs, u32 text_size)
{
	struct khfs_cursor cur;

	if (!khfs_sums_ok(fs, text_size) || fs->record[0].kind != KHFS_DIR ||
	    fs->record[0].name)
		return false;
	for (khfs_seek(fs, 0, &cur); cur.nr < fs->records; khfs_next(fs, &cur)) {
		const struct khfs_record *rec = &fs->record[cur.nr];

		if (rec->kind == KHFS_DIR &&
		    !khfs_dir_ok(fs, cur.at.child, le32_to_cpu(rec->size)))
			return false;
	}
	return true;
}

static bool khfs_header_ok(const struct khfs_header *head, u64 size)
{
	u64 dictionary_at, index_at;

	if (size < sizeof(*head) || size > U32_MAX ||
	    memcmp(head->magic, "KHDFILES", sizeof(head->magic)) ||
	    le32_to_cpu(head->crc) !=
	    ~crc32_le(~0, (const u8 *)head, offsetof(struct khfs_header, crc)))
		return false;
	dictionary_at = le64_to_cpu(head->dictionary_at);
	index_at = le64_to_cpu(head->index_at);
	return le16_to_cpu(head->version) == 1 && !head->zero &&
	       head->codec >= KHFS_GZIP && head->codec <= KHFS_ZSTD &&
	       dictionary_at >= sizeof(*head) && dictionary_at <= size &&
	       index_at == dictionary_at + le32_to_cpu(head->dictionary_size) &&
	       size == index_at + le32_to_cpu(head->index_size) &&
	       le32_to_cpu(head->index_unpacked) <= KHFS_INDEX_MAX;
}

static int khfs_index_unpack(const struct khfs_header *head, const u8 *blob,
			     void *index)
{
	struct khfs_codec *codec = khfs_codec_create(head->codec, NULL, 0);
	int err;

	if (IS_ERR(codec))
		return PTR_ERR(codec);
	err = khfs_codec_unpack(codec, index, le32_to_cpu(head->index_unpacked),
				blob + le64_to_cpu(head->index_at),
				le32_to_cpu(head->index_size));
	khfs_codec_destroy(codec);
	return err;
}

/* Fills @fs from the container; what was allocated is for khfs_index_close(). */
int khfs_index_open(struct khfs_sb *fs, const u8 *blob, u64 size)
{
	const struct khfs_header *head = (const struct khfs_header *)blob;
	u32 unpacked, records;
	void *index;
	int err;

	if (!khfs_header_ok(head, size))
		return -EINVAL;
	unpacked = le32_to_cpu(head->index_unpacked);
	records = le32_to_cpu(head->records);
	if (!records || records > unpacked / sizeof(struct khfs_record))
		return -EINVAL;
	/* To whole pages and no further: kmalloc() takes the next power of two. */
	index = vmalloc(unpacked);
	if (!index)
		return -ENOMEM;
	fs->blob = blob;
	fs->mtime = le32_to_cpu(head->mtime);
	fs->records = records;
	fs->blobs_end = le64_to_cpu(head->dictionary_at);
	fs->record = index;
	fs->text = index + records * sizeof(struct khfs_record);
	err = khfs_index_unpack(head, blob, index);
	if (err)
		return err == -EIO ? -EINVAL : err;
	fs->mark = kvmalloc_array(DIV_ROUND_UP(records, KHFS_STRIDE),
				  sizeof(*fs->mark), GFP_KERNEL);
	if (!fs->mark)
		return -ENOMEM;
	if (!khfs_index_ok(fs, unpacked - records * sizeof(struct khfs_record)))
		return -EINVAL;
	fs->codec = khfs_codec_create(head->codec, blob + fs->blobs_end,
				      le32_to_cpu(head->dictionary_size));
	return PTR_ERR_OR_ZERO(fs->codec);
}

void khfs_index_close(struct khfs_sb *fs)
{
	khfs_codec_destroy(fs->codec);
	kvfree(fs->mark);
	vfree(fs->record);
}
