//! The vocabulary of synthetic headers.

/// Sizes of headers by rank: per mille of the files, and bytes at most.
///
/// A lognormal distribution with the median of the stripped headers of Linux 6.1, 1463 bytes, and
/// a sigma of 1.465, which has their mean (4.2 kB) and 99th percentile (45 kB) as well.
pub(super) const SIZES: &[(u64, u64)] = &[
    (2, 22),
    (10, 48),
    (25, 83),
    (50, 131),
    (100, 224),
    (150, 320),
    (200, 426),
    (300, 679),
    (400, 1009),
    (500, 1463),
    (600, 2120),
    (700, 3154),
    (800, 5020),
    (850, 6678),
    (900, 9564),
    (925, 12_054),
    (950, 16_284),
    (970, 23_008),
    (980, 29_643),
    (990, 44_194),
    (995, 63_693),
    (999, 135_325),
    (1000, 261_573),
];

/// Folders, and how many of 100 headers they hold.
pub(super) const FOLDERS: &[(&str, u64)] = &[
    ("include/linux", 34),
    ("include/uapi/linux", 14),
    ("include/linux/mfd", 8),
    ("include/net", 8),
    ("include/dt-bindings/clock", 8),
    ("include/asm-generic", 4),
    ("include/trace/events", 6),
    ("arch/x86/include/asm", 12),
    ("arch/x86/include/uapi/asm", 3),
    ("arch/x86/include/generated/asm", 3),
];

/// What names are made of.
pub(super) const WORDS: &[&str] = &[
    "alloc", "attach", "base", "bind", "bits", "block", "buf", "bus", "cache", "cell", "chan",
    "clk", "cmd", "core", "count", "ctl", "data", "delay", "desc", "dev", "dma", "entry", "event",
    "fault", "fifo", "filter", "flags", "flush", "frame", "gate", "group", "handler", "hw", "id",
    "index", "init", "irq", "key", "latch", "level", "line", "link", "list", "lock", "map", "mask",
    "mem", "mode", "node", "offset", "owner", "page", "parent", "phy", "pin", "policy", "pool",
    "port", "power", "probe", "queue", "range", "rate", "reg", "reset", "ring", "scan", "set",
    "shift", "slot", "source", "stat", "sync", "table", "timer", "trace", "unit", "vector", "wait",
    "zone",
];

/// Types of fields and parameters.
pub(super) const TYPES: &[&str] =
    &["u8", "u16", "u32", "u64", "int", "unsigned int", "unsigned long", "bool"];

/// What kernel code is compiled with `-include` of, and what everything includes: path, content.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("include/linux/compiler-version.h", ""),
    (
        "include/linux/kconfig.h",
        "#ifndef __LINUX_KCONFIG_H\n#define __LINUX_KCONFIG_H\n\n#include <generated/autoconf.h>\n\n#endif\n",
    ),
    (
        "include/linux/compiler_types.h",
        "#ifndef __LINUX_COMPILER_TYPES_H\n#define __LINUX_COMPILER_TYPES_H\n\n#define __always_unused __attribute__((__unused__))\n#define __packed __attribute__((__packed__))\n\n#endif\n",
    ),
    (
        "include/linux/types.h",
        "#ifndef _LINUX_TYPES_H\n#define _LINUX_TYPES_H\n\ntypedef unsigned char u8;\ntypedef unsigned short u16;\ntypedef unsigned int u32;\ntypedef unsigned long long u64;\ntypedef _Bool bool;\n\n#endif\n",
    ),
];

/// Links, as the real set has a few.
pub(super) const LINKS: &[(&str, &str)] = &[
    ("include/dt-bindings/linux-event-codes.h", "../linux/types.h"),
    ("include/linux/types-alias.h", "types.h"),
];
