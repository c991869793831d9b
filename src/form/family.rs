//! The families of forms: which settings their ids have, and what is made of them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::{Result, ensure};

use super::api::Form;
use super::archive::Archive;
use super::erofs::{self, Erofs};
use super::files::Files;
use super::folder::Folder;
use super::grammar::{Family, Key, Setting, Value, Values};
use super::squashfs::Squashfs;
use crate::container::archive::Container;
use crate::container::codec::{BlobCodec, Codec, Gz, Plain, Xz, Zst};
use crate::container::order::Order;
use crate::container::squashfs::write::Blocks;

const fn level(range: RangeInclusive<u32>) -> Setting {
    Setting { key: Key::Level, mark: "", value: Value::Level(range), required: true }
}

const fn optional(key: Key, mark: &'static str, value: Value) -> Setting {
    Setting { key, mark, value, required: false }
}

/// A size of 4 KiB to 1 MiB.
const fn block(mark: &'static str, name: &'static str) -> Setting {
    let value = Value::Power(name, (4 << 10)..=(1 << 20));
    Setting { key: Key::Block, mark, value, required: true }
}

const EXTREME: Setting = optional(Key::Extreme, "e", Value::Flag);
const TWO_THREADS: Setting = optional(Key::Threads, "t2", Value::Flag);
/// A decoder of this program takes 256 MiB; the kernel's takes what the window asks for.
const XZ_WINDOW: Setting =
    optional(Key::Window, "+win", Value::Power("SIZE", (4 << 10)..=(64 << 20)));
/// 8 MiB is what every decoder takes; 128 MiB what one takes that is asked for it.
const ZST_WINDOW: Setting =
    optional(Key::Window, "+win", Value::Power("SIZE", (1 << 10)..=(128 << 20)));
const DICTIONARY: Setting =
    optional(Key::Dictionary, "+dict", Value::Size("SIZE", (1 << 10)..=(16 << 20)));
const ORDER: Setting = optional(Key::Order, "+by-", Value::Order);

/// Every family.
pub(super) const FAMILIES: &[Family] = &[
    Family { prefix: "tree", settings: &[], make: |_, _| Ok(Arc::new(Folder)) },
    Family { prefix: "tar", settings: &[], make: |id, values| tar(id, Plain, values) },
    Family {
        prefix: "tar.gz-",
        settings: &[level(0..=9), ORDER],
        make: |id, values| tar(id, gz(values)?, values),
    },
    Family {
        prefix: "tar.xz-",
        settings: &[level(0..=9), EXTREME, TWO_THREADS, XZ_WINDOW, ORDER],
        make: |id, values| tar(id, xz(values)?, values),
    },
    Family {
        prefix: "tar.zst-",
        settings: &[level(1..=22), TWO_THREADS, ZST_WINDOW, ORDER],
        make: |id, values| tar(id, zst(values)?, values),
    },
    Family {
        prefix: "cpio.gz-",
        settings: &[level(0..=9)],
        make: |id, values| archive(id, Container::Cpio, gz(values)?),
    },
    Family {
        prefix: "cpio.zst-",
        settings: &[level(1..=22)],
        make: |id, values| archive(id, Container::Cpio, zst(values)?),
    },
    Family {
        prefix: "files.gz-",
        settings: &[level(0..=9)],
        make: |id, values| files(id, gz(values)?, values),
    },
    Family {
        prefix: "files.xz-",
        settings: &[level(0..=9), EXTREME, XZ_WINDOW],
        make: |id, values| files(id, xz(values)?.crc32(), values),
    },
    Family {
        prefix: "files.zst-",
        settings: &[level(1..=22), DICTIONARY],
        make: |id, values| files(id, zst(values)?, values),
    },
    Family {
        prefix: "squashfs.gz-",
        settings: &[block("", "BLOCK")],
        make: |id, values| squashfs(id, Blocks::Gz9, values),
    },
    Family {
        prefix: "squashfs.lz4-",
        settings: &[block("", "BLOCK")],
        make: |id, values| squashfs(id, Blocks::Lz4Hc, values),
    },
    Family {
        prefix: "squashfs.xz-",
        settings: &[block("", "BLOCK")],
        make: |id, values| squashfs(id, Blocks::Xz6, values),
    },
    Family {
        prefix: "squashfs.zst",
        settings: &[level(1..=22), block("-", "BLOCK")],
        make: |id, values| squashfs(id, Blocks::Zst(values.required(Key::Level)?), values),
    },
    Family {
        prefix: "erofs.lz4hc-",
        settings: &[block("", "CLUSTER")],
        make: |id, values| erofs(id, &erofs::LZ4HC, 12, values),
    },
    Family {
        prefix: "erofs.lzma-",
        settings: &[block("", "CLUSTER")],
        make: |id, values| erofs(id, &erofs::LZMA, 9, values),
    },
    Family {
        prefix: "erofs.zst",
        settings: &[level(1..=22), block("-", "CLUSTER")],
        make: |id, values| erofs(id, &erofs::ZSTD, values.required(Key::Level)?, values),
    },
];

fn gz(values: &Values) -> Result<Gz> {
    Ok(Gz { level: values.required(Key::Level)? })
}

/// Windows of xz's presets 0 to 9, bytes (the table in `man xz`).
const WINDOWS: [u32; 10] =
    [256 << 10, 1 << 20, 2 << 20, 4 << 20, 4 << 20, 8 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20];

fn xz(values: &Values) -> Result<Xz> {
    let level = values.required(Key::Level)?;
    let extreme = values.has(Key::Extreme);
    let mut codec = if extreme { Xz::extreme(level) } else { Xz::preset(level) };
    if values.has(Key::Threads) {
        codec = codec.two_threads();
    }
    if let Some(bytes) = values.get(Key::Window) {
        let own = WINDOWS.get(level as usize) == Some(&bytes);
        ensure!(!own, "this is the default window of the preset: omit it");
        codec = codec.window(bytes);
    }
    Ok(codec)
}

fn zst(values: &Values) -> Result<Zst> {
    let mut codec = Zst::level(i32::try_from(values.required(Key::Level)?)?);
    if values.has(Key::Threads) {
        codec = codec.two_threads();
    }
    if let Some(bytes) = values.get(Key::Window) {
        codec = codec.window(bytes.ilog2());
    }
    Ok(codec)
}

fn tar(id: String, codec: impl Codec + 'static, values: &Values) -> Result<Arc<dyn Form>> {
    let order = values.get(Key::Order).map_or(Order::Name, |at| Order::OTHERS[at as usize].1);
    archive(id, Container::Tar(order), codec)
}

fn archive(id: String, container: Container, codec: impl Codec + 'static) -> Result<Arc<dyn Form>> {
    Ok(Arc::new(Archive { id, container, codec }))
}

fn files(id: String, codec: impl BlobCodec + 'static, values: &Values) -> Result<Arc<dyn Form>> {
    let dictionary = values.get(Key::Dictionary).map(|bytes| bytes as usize);
    Ok(Arc::new(Files { id, codec, dictionary }))
}

fn squashfs(id: String, codec: Blocks, values: &Values) -> Result<Arc<dyn Form>> {
    Ok(Arc::new(Squashfs { id, codec, block: values.required(Key::Block)? }))
}

fn erofs(
    id: String,
    compressor: &'static erofs::Compressor,
    level: u32,
    values: &Values,
) -> Result<Arc<dyn Form>> {
    Ok(Arc::new(Erofs { id, compressor, level, cluster: values.required(Key::Block)? }))
}
