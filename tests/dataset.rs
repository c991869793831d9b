//! Datasets: fetched, unpacked, selected and held against their manifests.

mod common;

use kheaders_bench::dataset::{Request, prepare};
use kheaders_bench::error::Unavailable;

#[test]
fn the_default_set_is_the_pinned_one() {
    let request = Request::Named("debian-6.12-x86".to_owned());
    let prepared = match prepare(&request, &|what| eprintln!("{what}")) {
        Ok(prepared) => prepared,
        Err(error) if error.is::<Unavailable>() => return common::skip(&format!("{error:#}")),
        Err(error) => panic!("{error:#}"),
    };
    assert!(prepared.info.census.files > 6000);
}
