//! File formats that know nothing of a form: archives, packed files, squashfs, codecs.

pub(crate) mod archive;
pub mod codec;
pub mod cpio;
pub mod limits;
pub mod member;
pub mod order;
pub mod packed;
pub mod squashfs;
pub mod stream;
pub mod tar;
