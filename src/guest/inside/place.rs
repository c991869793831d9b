//! Where the guest finds what it needs.

/// Where the initramfs has what the guest needs.
pub const HOME: &str = "/kheaders";
/// The script, in [`HOME`].
pub const SCRIPT: &str = "script";
/// The token of this boot, in [`HOME`].
pub const TOKEN: &str = "token";
/// Modules, in [`HOME`], each as `NAME.ko`.
pub const MODULES: &str = "modules";
