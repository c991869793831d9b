// SPDX-License-Identifier: GPL-2.0
/*
 * Decompression of whole files.
 *
 * A workspace is made when a file is read and no idle one is there.  One is
 * kept for the next read; readers that come at the same time get one each, and
 * those are freed when they are done.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#include <linux/zstd.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#include "khfs.h"

struct khfs_ops {
	void *(*create)(void);
	void (*destroy)(void *workspace);
	int (*unpack)(struct khfs_codec *codec, void *workspace, void *to,
		      size_t to_size, const void *from, size_t size);
};

struct khfs_codec {
	const struct khfs_ops	*ops;
	void			*ddict;		/* zstd only; may be NULL */
	spinlock_t		lock;
	void			*idle;		/* under lock */
};

/*
 * An idle workspace stays.  kmalloc() would round it up to a power of two, which
 * is up to half of it wasted for as long.
 */
static void *khfs_alloc(size_t size)
{
	return __vmalloc(size, GFP_NOFS);
}

static void khfs_free(void *workspace)
{
	vfree(workspace);
}

/* gzip: RFC 1952 without the optional fields, which the container never has. */
#define GZIP_HEADER	10
#define GZIP_TRAILER	8

static void *khfs_gzip_create(void)
{
	return khfs_alloc(zlib_inflate_workspacesize());
}

static int khfs_gzip_unpack(struct khfs_codec *codec, void *workspace, void *to,
			    size_t to_size, const void *from, size_t size)
{
	struct z_stream_s stream = { .workspace = workspace };
	const u8 *head = from, *tail;
	int ret;

	if (size < GZIP_HEADER + GZIP_TRAILER || head[0] != 0x1f ||
	    head[1] != 0x8b || head[2] != Z_DEFLATED || head[3])
		return -EIO;
	tail = head + size - GZIP_TRAILER;
	stream.next_in = head + GZIP_HEADER;
	stream.avail_in = size - GZIP_HEADER - GZIP_TRAILER;
	stream.next_out = to;
	stream.avail_out = to_size;
	if (zlib_inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return -EIO;
	ret = zlib_inflate(&stream, Z_FINISH);
	zlib_inflateEnd(&stream);
	if (ret != Z_STREAM_END || stream.avail_in || stream.avail_out ||
	    get_unaligned_le32(tail) != ~crc32_le(~0, to, to_size) ||
	    get_unaligned_le32(tail + 4) != to_size)
		return -EIO;
	return 0;
}

static const struct khfs_ops khfs_gzip = {
	.create = khfs_gzip_create,
	.destroy = khfs_free,
	.unpack = khfs_gzip_unpack,
};

static void *khfs_xz_create(void)
{
	return xz_dec_init(XZ_SINGLE, 0);
}

static void khfs_xz_destroy(void *workspace)
{
	xz_dec_end(workspace);
}

static int khfs_xz_unpack(struct khfs_codec *codec, void *workspace, void *to,
			  size_t to_size, const void *from, size_t size)
{
	struct xz_buf buf = {
		.in = from, .in_size = size, .out = to, .out_size = to_size,
	};

	/* In single-call mode this starts afresh each time. */
	if (xz_dec_run(workspace, &buf) != XZ_STREAM_END ||
	    buf.in_pos != size || buf.out_pos != to_size)
		return -EIO;
	return 0;
}

static const struct khfs_ops khfs_xz = {
	.create = khfs_xz_create,
	.destroy = khfs_xz_destroy,
	.unpack = khfs_xz_unpack,
};

static void *khfs_zstd_create(void)
{
	return khfs_alloc(zstd_dctx_workspace_bound());
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
static void *khfs_zstd_alloc(void *opaque, size_t size)
{
	return kvmalloc(size, GFP_NOFS);
}

static void khfs_zstd_free(void *opaque, void *address)
{
	kvfree(address);
}

static void *khfs_ddict_create(const void *dictionary, size_t size)
{
	zstd_custom_mem mem = {
		.customAlloc = khfs_zstd_alloc, .customFree = khfs_zstd_free,
	};

	return zstd_create_ddict_byreference(dictionary, size, mem) ?:
	       ERR_PTR(-EINVAL);
}

static void khfs_ddict_destroy(void *ddict)
{
	zstd_free_ddict(ddict);
}

static size_t khfs_ddict_unpack(zstd_dctx *dctx, void *to, size_t to_size,
				const void *from, size_t size, void *ddict)
{
	return zstd_decompress_using_ddict(dctx, to, to_size, from, size, ddict);
}
#else
static void *khfs_ddict_create(const void *dictionary, size_t size)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void khfs_ddict_destroy(void *ddict)
{
}

static size_t khfs_ddict_unpack(zstd_dctx *dctx, void *to, size_t to_size,
				const void *from, size_t size, void *ddict)
{
	return 0;
}
#endif

static int khfs_zstd_unpack(struct khfs_codec *codec, void *workspace, void *to,
			    size_t to_size, const void *from, size_t size)
{
	zstd_dctx *dctx = zstd_init_dctx(workspace, zstd_dctx_workspace_bound());
	size_t ret;

	if (!dctx)
		return -EIO;
	if (codec->ddict)
		ret = khfs_ddict_unpack(dctx, to, to_size, from, size,
					codec->ddict);
	else
		ret = zstd_decompress_dctx(dctx, to, to_size, from, size);
	return zstd_is_error(ret) || ret != to_size ? -EIO : 0;
}

static const struct khfs_ops khfs_zstd = {
	.create = khfs_zstd_create,
	.destroy = khfs_free,
	.unpack = khfs_zstd_unpack,
};

/* The dictionary stays where it is and must outlive the codec. */
struct khfs_codec *khfs_codec_create(enum khfs_codec_id id,
				     const void *dictionary, size_t size)
{
	struct khfs_codec *codec;
	void *ddict = NULL;

	if (size) {
		ddict = id == KHFS_ZSTD ? khfs_ddict_create(dictionary, size) :
					  ERR_PTR(-EINVAL);
		if (IS_ERR(ddict))
			return ddict;
	}
	codec = kzalloc(sizeof(*codec), GFP_KERNEL);
	if (!codec) {
		if (ddict)
			khfs_ddict_destroy(ddict);
		return ERR_PTR(-ENOMEM);
	}
	codec->ops = id == KHFS_GZIP ? &khfs_gzip :
		     id == KHFS_XZ ? &khfs_xz : &khfs_zstd;
	codec->ddict = ddict;
	spin_lock_init(&codec->lock);
	return codec;
}

void khfs_codec_destroy(struct khfs_codec *codec)
{
	if (IS_ERR_OR_NULL(codec))
		return;
	if (codec->idle)
		codec->ops->destroy(codec->idle);
	if (codec->ddict)
		khfs_ddict_destroy(codec->ddict);
	kfree(codec);
}

static void *khfs_workspace_get(struct khfs_codec *codec)
{
	void *workspace;

	spin_lock(&codec->lock);
	workspace = codec->idle;
	codec->idle = NULL;
	spin_unlock(&codec->lock);
	return workspace ?: codec->ops->create();
}

static void khfs_workspace_put(struct khfs_codec *codec, void *workspace)
{
	spin_lock(&codec->lock);
	if (!codec->idle) {
		codec->idle = workspace;
		workspace = NULL;
	}
	spin_unlock(&codec->lock);
	if (workspace)
		codec->ops->destroy(workspace);
}

/* 0, or -EIO unless @from unpacks to exactly @to_size bytes. */
int khfs_codec_unpack(struct khfs_codec *codec, void *to, size_t to_size,
		      const void *from, size_t size)
{
	void *workspace = khfs_workspace_get(codec);
	int err;

	if (!workspace)
		return -ENOMEM;
	err = codec->ops->unpack(codec, workspace, to, to_size, from, size);
	khfs_workspace_put(codec, workspace);
	return err;
}
