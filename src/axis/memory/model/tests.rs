use super::*;

/// Debian 6.12 on one processor.
fn config(options: &[(&str, &str)]) -> BTreeMap<String, String> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn percpu() -> BTreeMap<String, String> {
    config(&[
        ("CONFIG_SQUASHFS_DECOMP_MULTI_PERCPU", "y"),
        ("CONFIG_SQUASHFS_FRAGMENT_CACHE_SIZE", "3"),
    ])
}

fn kernel(config: &BTreeMap<String, String>, cpus: u64) -> Kernel<'_> {
    Kernel { release: "6.12.117+deb12-cloud-amd64 #1 SMP", cpus, config, modules: &[] }
}

fn image(compression: u8) -> [u8; 96] {
    let mut head = [0; 96];
    head[..4].copy_from_slice(b"hsqs");
    head[12..16].copy_from_slice(&(128u32 << 10).to_le_bytes());
    head[16..20].copy_from_slice(&170u32.to_le_bytes());
    head[20] = compression;
    head[88..].fill(0xff);
    head
}

fn sum(terms: &[Term]) -> u64 {
    terms.iter().map(|term| term.bytes).sum()
}

/// What `/proc/vmallocinfo` of the guest tells of one decompressor: 11 pages for zlib, 32 for the
/// dictionary of xz, 152 for zstd.
#[test]
fn decompressors_have_the_workspaces_that_the_kernel_allocates() {
    let config = percpu();
    for (compression, workspace) in [(1, 11 * PAGE), (4, 32 * PAGE + (32 << 10)), (6, 152 * PAGE)] {
        let terms = squashfs::mounted(&kernel(&config, 1), &image(compression)).unwrap();
        assert_eq!(terms[3].bytes, workspace, "{compression}");
    }
}

#[test]
fn another_processor_is_another_decompressor_only_where_each_has_its_own() {
    let each = percpu();
    let mounted = |config, cpus| sum(&squashfs::mounted(&kernel(config, cpus), &image(4)).unwrap());
    assert_eq!(mounted(&each, 3) - mounted(&each, 1), 2 * ((128 << 10) + (160 << 10)));
    let mut single = each.clone();
    single.insert("CONFIG_SQUASHFS_DECOMP_SINGLE".into(), "y".into());
    assert_eq!(mounted(&single, 3), mounted(&single, 1));
}

#[test]
fn a_kernel_that_the_model_is_not_of_gets_a_reason_and_no_figure() {
    let config = percpu();
    let kernel = Kernel { release: "5.10.0-1-amd64 #1", ..kernel(&config, 1) };
    let models = models(&kernel, &Contents::default(), "tree", "tmpfs", Path::new("/nowhere"));
    assert_eq!(models.len(), 2);
    for model in models {
        assert_eq!(model.bytes(), None);
        assert!(model.missing.unwrap().contains("5.10.0"), "{}", model.metric);
    }
}

#[test]
fn of_another_image_it_is_said_and_no_folder_of_this_machine_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), [0; 96]).unwrap();
    let config = percpu();
    let models = models(&kernel(&config, 1), &Contents::default(), "x", "loop-tmpfs", file.path());
    let mounted = models.iter().find(|model| model.metric.ends_with(".mounted.pinned")).unwrap();
    let missing = mounted.missing.as_deref().unwrap();
    assert!(missing.starts_with("not a squashfs image"), "{missing}");
}

#[test]
fn every_modelled_figure_is_a_metric_and_every_delivery_is_modelled() {
    for (delivery, states) in DELIVERIES {
        for (state, _) in *states {
            let id = format!("memory.{delivery}.{state}");
            assert!(crate::record::metric(&id).is_some(), "{id}");
        }
    }
    for delivery in crate::guest::deliver::DELIVERIES {
        assert!(DELIVERIES.iter().any(|(id, _)| *id == delivery.id), "{}", delivery.id);
    }
}
