//! A record as a real run leaves it: figures of the 6.1 set, noise, and what went wrong.

use kheaders_bench::record::{
    Closure, Dataset, FormInfo, METRICS, Machine, Metric, Nature, Observation, Outcome, Record,
    SCHEMA, Settings, Source, Tool, is_of_command,
};
use kheaders_bench::tree::TreeStats;

const TREE_BYTES: u64 = 26_659_960;
const ROUNDS: u32 = 8;

/// A form: id, about, layout, size, pages, build s, build peak MiB, all ms, all peak MiB, the
/// first header ms, the middle, the last, the closure ms; of a mount: itself, one, closure, ms.
struct Row {
    id: &'static str,
    about: &'static str,
    layout: &'static str,
    bytes: u64,
    pages: Option<u64>,
    build: (f64, f64),
    all: (f64, f64),
    one: [f64; 3],
    closure: f64,
    mount: Option<[f64; 3]>,
}

// One row a form, as in a table of a paper.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("tree", "the files as they are", "folder", 26_659_960, Some(43_991_040), (0.31, 18.0), (88.0, 4.0), [0.05, 0.05, 0.05], 3.1, None),
    row("tar", "uncompressed tar", "stream", 31_733_760, None, (0.06, 35.0), (101.0, 4.0), [0.21, 5.1, 9.2], 9.0, None),
    row("tar.gz-9", "tar, gzip level 9", "stream", 5_372_264, None, (0.61, 37.0), (131.0, 4.1), [0.31, 21.0, 40.9], 38.2, None),
    row("tar.xz-6", "tar, xz preset 6, 1 thread: the kernel's", "stream", 4_047_084, None, (13.1, 130.0), (312.0, 12.2), [1.9, 93.1, 188.0], 161.0, None),
    row("tar.xz-9e", "tar, xz preset 9 extreme, 1 thread", "stream", 3_982_716, None, (18.5, 374.0), (371.0, 34.4), [3.7, 103.0, 201.0], 177.0, None),
    row("tar.zst-10", "tar, zstd level 10, no worker", "stream", 4_857_431, None, (0.63, 61.0), (118.0, 9.1), [0.6, 19.8, 38.0], 35.1, None),
    row("tar.zst-19", "tar, zstd level 19, no worker", "stream", 4_262_959, None, (10.4, 121.0), (129.0, 12.5), [0.7, 22.1, 41.2], 38.3, None),
    row("tar.zst-22", "tar, zstd level 22, no worker", "stream", 4_205_991, None, (17.1, 660.0), (133.0, 36.0), [0.9, 23.4, 43.0], 39.6, None),
    row("files.gz-9", "each file gzip level 9, packed", "per-file", 6_471_202, Some(27_103_232), (0.51, 36.0), (126.0, 8.2), [1.21, 1.22, 1.26], 2.9, None),
    row("files.xz-6", "each file xz preset 6, packed", "per-file", 6_388_515, Some(27_066_368), (6.4, 120.0), (402.0, 9.8), [1.33, 1.36, 1.39], 14.2, None),
    row("files.zst-19", "each file zstd level 19, packed", "per-file", 6_120_252, Some(26_980_352), (5.9, 60.0), (109.0, 9.0), [1.22, 1.24, 1.26], 2.6, None),
    row("files.zst-19+dict112k", "each file zstd level 19 with a trained dictionary, packed", "per-file", 5_033_811, Some(26_767_360), (9.8, 95.0), (112.0, 10.1), [1.71, 2.02, 1.74], 3.5, None),
    row("squashfs.gz-128k", "squashfs, gzip, 128 KiB blocks", "image", 5_357_568, None, (0.62, 90.0), (210.0, 28.1), [5.9, 6.4, 6.1], 31.0, Some([3.4, 1.9, 66.0])),
    row("squashfs.zst15-128k", "squashfs, zstd level 15, 128 KiB blocks", "image", 4_853_760, None, (2.5, 96.0), (181.0, 29.4), [5.0, 5.2, 5.1], 27.2, Some([3.2, 0.81, 41.0])),
    row("squashfs.xz-4k", "squashfs, xz, 4 KiB blocks", "image", 7_241_728, None, (6.1, 88.0), (395.0, 29.0), [4.2, 4.4, 4.3], 25.8, Some([3.9, 1.1, 71.0])),
    row("squashfs.xz-128k", "squashfs, xz, 128 KiB blocks", "image", 4_575_232, None, (5.7, 104.0), (262.0, 30.2), [10.2, 11.4, 10.8], 79.0, Some([4.4, 3.6, 174.0])),
    row("squashfs.xz-1m", "squashfs, xz, 1 MiB blocks", "image", 4_218_880, None, (6.3, 171.0), (310.0, 44.0), [44.0, 51.2, 47.5], 188.0, None),
];

#[allow(clippy::too_many_arguments)]
const fn row(
    id: &'static str,
    about: &'static str,
    layout: &'static str,
    bytes: u64,
    pages: Option<u64>,
    build: (f64, f64),
    all: (f64, f64),
    one: [f64; 3],
    closure: f64,
    mount: Option<[f64; 3]>,
) -> Row {
    Row { id, about, layout, bytes, pages, build, all, one, closure, mount }
}

/// Why one form failed, in the fixture.
pub(crate) const ERROR: &str =
    "squashfs.xz-1m: holds the tree 51c0ffee, not 7d1f…: 3 files read short";
/// Why the images of one form are not mounted, in the fixture.
pub(crate) const NOT_AN_IMAGE: &str = "not a file-system image";
/// Why the cold figures of the tree are not taken, in the fixture.
pub(crate) const NOT_COLD: &str =
    "6371 files of a folder can't be dropped from the page cache one by one";

/// What a whole default run would leave, with a failed form and figures that were skipped.
pub(crate) fn record() -> Record {
    let mut noise = Noise(7);
    let mut observations = Vec::new();
    for row in ROWS {
        for metric in METRICS.iter().filter(|metric| !is_of_command(metric.id)) {
            let outcome = outcome(row, metric, &mut noise);
            observations.push(observation(row.id, metric, outcome));
        }
    }
    for metric in
        METRICS.iter().filter(|metric| metric.id.starts_with("build.") && !is_of_command(metric.id))
    {
        let value = match metric.id {
            "build.peak_memory" => 71.0 * MIB,
            "build.cpu" => 0.071e9,
            _ => 0.084e9,
        };
        let samples = noise.samples(value);
        observations.push(observation("prepare", metric, Outcome::Measured { samples }));
    }
    Record { observations, ..empty() }
}

/// The same run before anything was observed.
pub(crate) fn empty() -> Record {
    Record {
        schema: SCHEMA,
        generator: "kheaders-bench 0.1.0".to_owned(),
        program: "5e11ab1e".repeat(8),
        command: ["kheaders-bench", "run", "--dataset", "debian-6.1-x86"].map(str::to_owned).into(),
        started: "2026-01-17T09:12:44Z".to_owned(),
        finished: Some("2026-01-17T09:18:31Z".to_owned()),
        dataset: Dataset {
            name: "debian-6.1-x86".to_owned(),
            title: "Debian 6.1 headers for x86, comments stripped as gen_kheaders.sh does"
                .to_owned(),
            digest: "7d1f0e6a3b1c58e2c6f4a1d9b07e53f8842c9d6a15be03f7d2a86c914e5b70f3".to_owned(),
            census: TreeStats { files: 6371, links: 3, dirs: 319, bytes: TREE_BYTES },
            pinned: Some(false),
            notes: vec![
                "not the pinned set: 6.1.190-1 is no longer served, 6.1.192-1 was taken instead"
                    .to_owned(),
            ],
            sources: vec![
                Source {
                    name: "linux-headers-6.1.0-56-common".to_owned(),
                    version: "6.1.192-1".to_owned(),
                    sha256: "0b8e7c1fd2ad4e5b9c3f6a7081d2e3f4a5b6c7d8e9f00112233445566778899a"
                        .to_owned(),
                },
                Source {
                    name: "linux-headers-6.1.0-56-amd64".to_owned(),
                    version: "6.1.192-1".to_owned(),
                    sha256: "9a887766554433221100f9e8d7c6b5a4f3e2d18070a6f3c9b5e4ad2df1c7e8b0"
                        .to_owned(),
                },
            ],
            closure: Some(Closure {
                program: "#include <linux/sched.h>\n".to_owned(),
                origin: "gcc 12.2.0".to_owned(),
                files: 329,
                bytes: 1_375_387,
            }),
        },
        machine: Machine {
            id: "5f2a9c41".to_owned(),
            cpu: "Example CPU E5 @ 2.60 GHz".to_owned(),
            cores: 2,
            memory: 24 << 30,
            kernel: "Linux 6.18.5 x86_64".to_owned(),
            os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            governor: "not readable".to_owned(),
            load: "0.31".to_owned(),
            virtualization: "kvm".to_owned(),
            storage: "ext4; tmpfs".to_owned(),
            tools: vec![
                Tool { name: "gcc".to_owned(), version: "12.2.0".to_owned() },
                Tool { name: "mksquashfs".to_owned(), version: "not installed".to_owned() },
            ],
        },
        settings: Settings {
            quick: false,
            samples: None,
            axes: ["size", "build", "extract"].map(str::to_owned).into(),
        },
        forms: ROWS
            .iter()
            .map(|row| FormInfo {
                id: row.id.to_owned(),
                about: row.about.to_owned(),
                layout: serde_json::from_value(row.layout.into()).expect("a layout"),
                tool: match row.layout {
                    "image" => "backhand 0.25.5",
                    "stream" => "tar 0.4.44, liblzma 0.4.5, flate2 1.1.5, zstd 0.13.3",
                    "per-file" => "liblzma 0.4.5, flate2 1.1.5, zstd 0.13.3",
                    _ => "the standard library",
                }
                .to_owned(),
                settings: String::new(),
                variant: false,
            })
            .collect(),
        references: Vec::new(),
        observations: Vec::new(),
        laboratory: None,
        part: None,
        joined: 0,
    }
}

const MIB: f64 = 1_048_576.0;

fn observation(form: &str, metric: &Metric, outcome: Outcome) -> Observation {
    Observation {
        form: form.to_owned(),
        metric: metric.id.to_owned(),
        unit: metric.unit,
        nature: metric.nature,
        outcome,
    }
}

fn outcome(row: &Row, metric: &Metric, noise: &mut Noise) -> Outcome {
    let skipped = |reason: &str| Outcome::Skipped { reason: reason.to_owned() };
    if row.id == "squashfs.xz-1m" && !metric.id.starts_with("size.") {
        return Outcome::Failed { error: ERROR.to_owned() };
    }
    if row.id == "tree" && metric.id.contains(".cold") {
        return skipped(NOT_COLD);
    }
    let ms = |ms: f64| Some(ms * 1e6);
    let cold = |warm: f64| ms(warm * 1.06 + 0.9);
    let attach = row.mount.map(|mount| mount[0]);
    let value = match metric.id {
        "size.bytes" => Some(row.bytes as f64),
        "size.pages" => row.pages.map(|pages| pages as f64),
        "size.ratio" => Some((row.bytes as f64 / TREE_BYTES as f64 * 1e6).floor()),
        "build.wall" => ms(row.build.0 * 1.02e3),
        "build.cpu" => ms(row.build.0 * 1e3),
        "build.peak_memory" => Some(row.build.1 * MIB),
        "extract.all.warm.wall" => ms(row.all.0),
        "extract.all.warm.cpu" => ms(row.all.0 * 0.78),
        "extract.all.warm.peak_memory" => Some(row.all.1 * MIB),
        "extract.all.cold.wall" => cold(row.all.0),
        "extract.one.first.warm" => ms(row.one[0]),
        "extract.one.first.cold" => cold(row.one[0]),
        "extract.one.middle.warm" => ms(row.one[1]),
        "extract.one.middle.cold" => cold(row.one[1]),
        "extract.one.last.warm" => ms(row.one[2]),
        "extract.one.last.cold" => cold(row.one[2]),
        "extract.closure.warm" => ms(row.closure),
        "extract.closure.cold" => cold(row.closure),
        "extract.first_compile" => ms(row.all.0 + 168.0),
        "extract.mount.attach" => attach.and_then(ms),
        "extract.mount.one" => row.mount.map(|mount| mount[1] * 1e6),
        "extract.mount.closure" => row.mount.map(|mount| mount[2] * 1e6),
        "extract.mount.all" => row.mount.map(|mount| mount[2] * 6.1e6),
        "extract.mount.first_compile" => row.mount.map(|mount| (mount[2] + 171.0) * 1e6),
        _ => None,
    };
    match value {
        Some(value) if metric.nature == Nature::Exact => {
            Outcome::Measured { samples: vec![value as u64] }
        }
        Some(value) => Outcome::Measured { samples: noise.samples(value) },
        None if metric.id == "size.pages" => skipped("its files are not stored one by one"),
        None => skipped(NOT_AN_IMAGE),
    }
}

/// The same noise each time: a linear congruential generator, the constants of Knuth's MMIX.
struct Noise(u64);

impl Noise {
    /// Samples round `middle`: a few percent apart, and at times one that was disturbed.
    fn samples(&mut self, middle: f64) -> Vec<u64> {
        (0..ROUNDS)
            .map(|_| {
                let disturbed = if self.next() > 0.93 { 0.22 } else { 0.0 };
                (middle * (0.97 + 0.06 * self.next() + disturbed)) as u64
            })
            .collect()
    }

    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
