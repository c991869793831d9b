//! What a mounted squashfs image holds (`squashfs_fill_super`, `fs/squashfs/super.c`).

use anyhow::{Result, bail};

use super::{Contents, Kernel, derived, kmalloc, le, pages};
use crate::record::Term;

/// `SQUASHFS_CACHED_BLKS` and `SQUASHFS_METADATA_SIZE`, `fs/squashfs/squashfs_fs.h`.
const METADATA_BLOCKS: u64 = 8;
const METADATA: u64 = 8192;

/// The greatest block of a zstd frame: `ZSTD_BLOCKSIZE_MAX`, `include/linux/zstd_lib.h`.
const ZSTD_BLOCK: u64 = 128 << 10;
/// `WILDCOPY_OVERLENGTH`, `lib/zstd/common/zstd_internal.h`.
const ZSTD_OVERLENGTH: u64 = 32;
/// `sizeof(struct ZSTD_DCtx_s)`, `lib/zstd/decompress/zstd_decompress_internal.h`, within a few
/// hundred bytes: the tables of sequences (2 x 513 + 257 entries of 8 bytes) and of literals (4097
/// of 4), 2560 of workspace, 64 KiB + 32 of literals, about 1100 of state. Only its pages count.
pub(super) const ZSTD_CONTEXT: u64 = (2 * 513 + 257) * 8 + 4097 * 4 + 2560 + (64 << 10) + 32 + 1100;
/// `sizeof(struct inflate_workspace)`, `lib/zlib_inflate/inflate.h` and `infutil.h`, within a
/// hundred bytes: the window, 2048 codes of 4 bytes, 608 lengths of 2, about 140 of state.
pub(super) const INFLATE: u64 = (32 << 10) + 2048 * 4 + 608 * 2 + 140;
/// `sizeof(struct xz_dec_lzma2)`, `lib/xz/xz_dec_lzma2.c`, within a hundred bytes: 1846 + 16 x 768
/// probabilities of 2 bytes (`lib/xz/xz_lzma2.h`), about 200 of state.
pub(super) const LZMA2: u64 = (1846 + 16 * 768) * 2 + 200;

/// The fields that count of `struct squashfs_super_block`, `fs/squashfs/squashfs_fs.h`.
struct Super {
    inodes: u64,
    block: u64,
    fragments: u64,
    compression: u64,
    ids: u64,
    /// Whether there is a table of inodes by number, as for NFS.
    lookup: bool,
}

impl Super {
    fn decode(head: &[u8]) -> Result<Self> {
        if !head.starts_with(b"hsqs") {
            bail!("not a squashfs image, and there is no model of another");
        }
        let block = le::<4>(head, 12);
        if !block.is_power_of_two() || !(4 << 10..=1 << 20).contains(&block) {
            bail!("a squashfs image with blocks of {block} bytes");
        }
        Ok(Self {
            inodes: le::<4>(head, 4),
            block,
            fragments: le::<4>(head, 16),
            compression: le::<2>(head, 20),
            ids: le::<2>(head, 26),
            lookup: le::<8>(head, 88) != u64::MAX,
        })
    }

    /// What one decompressor keeps (`fs/squashfs/zlib_wrapper.c`, `xz_wrapper.c`,
    /// `lz4_wrapper.c`, `zstd_wrapper.c`).
    fn workspace(&self) -> Result<u64> {
        let window = self.block.max(METADATA);
        Ok(match self.compression {
            1 => pages(INFLATE),
            // The dictionary is allocated at once (`XZ_PREALLOC`), apart from the decoder.
            4 => pages(window) + kmalloc(LZMA2),
            // One buffer for what goes in and one for what comes out.
            5 => 2 * pages(window),
            6 => {
                // `ZSTD_estimateDStreamSize`: the context, a block read, and a window with the
                // block that is written after it and the literals of another.
                let block = window.min(ZSTD_BLOCK);
                let written = window + block + ZSTD_BLOCK + 2 * ZSTD_OVERLENGTH;
                pages(ZSTD_CONTEXT + block + written)
            }
            other => bail!("there is no model of squashfs's compression {other}"),
        })
    }
}

/// How many decompressors are made at the mount, and how many there can be, each of which has a
/// block to read into (`read_page`): `fs/squashfs/decompressor_*.c`. Of several that are built in
/// `squashfs_init_fs_context` takes the first.
fn decompressors(kernel: &Kernel) -> Result<(u64, u64)> {
    if kernel.has("CONFIG_SQUASHFS_DECOMP_SINGLE") {
        Ok((1, 1))
    } else if kernel.has("CONFIG_SQUASHFS_DECOMP_MULTI") {
        Ok((1, 2 * kernel.cpus))
    } else if kernel.has("CONFIG_SQUASHFS_DECOMP_MULTI_PERCPU") {
        Ok((kernel.cpus, kernel.cpus))
    } else {
        bail!("the kernel's configuration does not tell squashfs's decompressors")
    }
}

/// The image that `head` begins, mounted.
pub(super) fn mounted(kernel: &Kernel, head: &[u8]) -> Result<Vec<Term>> {
    let image = Super::decode(head)?;
    let (made, most) = decompressors(kernel)?;
    let cached = kernel.config.get("CONFIG_SQUASHFS_FRAGMENT_CACHE_SIZE");
    let Some(cached) = cached.and_then(|value| value.parse::<u64>().ok()) else {
        bail!("the kernel's configuration does not tell squashfs's fragment cache");
    };
    // Kept of each table is where its blocks begin, 8 bytes a block of metadata.
    let table = |entries: u64, bytes: u64| kmalloc((entries * bytes).div_ceil(METADATA) * 8);
    let lookup = if image.lookup { table(image.inodes, 8) } else { 0 };
    let tables = table(image.fragments, 16) + table(image.ids, 4) + lookup;
    Ok(vec![
        derived("squashfs: metadata cache", METADATA_BLOCKS * METADATA),
        derived("squashfs: fragment cache", image.fragments.min(cached) * image.block),
        // Up to 6.12 also where blocks are read straight into the page cache (FILE_DIRECT).
        derived("squashfs: blocks to read into", most * image.block),
        derived("squashfs: decompressors", made * image.workspace()?),
        derived("squashfs: tables of ids, fragments, inodes", tables),
    ])
}

/// What is in the caches once all of the image that `head` begins was read.
pub(super) fn read(kernel: &Kernel, contents: &Contents, head: &[u8]) -> Result<Vec<Term>> {
    contents.read_by_squashfs(kernel, Super::decode(head)?.block)
}
