//! Public items have documentation. Fields, variants and methods have it only where their name does not
//! say everything, which is why this is not rustc's `missing_docs`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

#[test]
fn public_items_are_documented() {
    let item = regex::Regex::new(
        r"^pub (const fn|fn|struct|enum|trait|type|const|static|static mut) (\w+)",
    )
    .unwrap();
    let mut missing = Vec::new();
    for file in WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let file = file.unwrap().into_path();
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{}: no module documentation", file.display());
        let (mut documented, mut attribute) = (false, false);
        for line in text.lines() {
            if let Some(found) = item.captures(line) {
                let kind = (!documented).then(|| format!("{}: {}", file.display(), &found[2]));
                missing.extend(kind);
            }
            // Attributes may be between the comment and the item, on several lines.
            attribute |= line.starts_with("#[");
            documented = line.starts_with("///") || documented && attribute;
            attribute &= !line.ends_with(']');
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
