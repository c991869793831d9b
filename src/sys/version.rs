//! The versions of what this program is made of.

/// The version of this package.
pub const OWN: &str = env!("CARGO_PKG_VERSION");

/// The version of the crate `name` that this program was built with, from its own lock file; the
/// newest where there are several.
pub fn of(name: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    static LOCK: std::sync::LazyLock<Option<Lock>> =
        std::sync::LazyLock::new(|| toml::from_str(include_str!("../../Cargo.lock")).ok());
    let mut packages = LOCK.iter().flat_map(|lock| &lock.package);
    let found = packages.rfind(|package| package.name == name);
    found.map_or_else(|| "unknown".to_owned(), |package| package.version.clone())
}
