//! What objects take in SLUB's slabs: whole pages, more than one a slab where that wastes less.

use anyhow::{Result, bail};

use super::Kernel;
use crate::form::PAGE;

/// Sizes of objects, bytes: what `/proc/slabinfo` has as `objsize`.
pub(super) struct Objects {
    /// How the kernel's release begins and ends.
    release: (&'static str, &'static str),
    pub(super) shmem_inode: u64,
    pub(super) squashfs_inode: u64,
    pub(super) inode: u64,
    /// What the security modules keep of an inode: `lsm_inode_cache`.
    pub(super) security: u64,
    pub(super) dentry: u64,
    /// A node of an XArray: `radix_tree_node`.
    pub(super) node: u64,
}

/// Read in the guest: a release's configuration decides them.
const OBJECTS: &[Objects] = &[Objects {
    release: ("6.12.", "-cloud-amd64"),
    shmem_inode: 760,
    squashfs_inode: 704,
    inode: 632,
    security: 88,
    dentry: 192,
    node: 584,
}];

/// Those of `kernel`.
///
/// # Errors
/// A kernel whose sizes nobody has read.
pub(super) fn objects(kernel: &Kernel) -> Result<&'static Objects> {
    let release = kernel.release.split(' ').next().unwrap_or_default();
    let fits = |objects: &&Objects| {
        release.starts_with(objects.release.0) && release.ends_with(objects.release.1)
    };
    match OBJECTS.iter().find(fits) {
        Some(objects) => Ok(objects),
        None => bail!("the sizes of {release}'s slab objects are not in the model's table"),
    }
}

/// What `count` objects of `size` bytes take, in whole slabs.
pub(super) fn bytes(count: u64, size: u64, cpus: u64) -> u64 {
    let slab = slab(size, cpus);
    count.div_ceil((slab / size).max(1)) * slab
}

/// The length of a slab for objects of `size` bytes: `calculate_order` of `mm/slub.c`. More
/// processors ask for more objects a slab; of the lengths that hold so many, the shortest is
/// taken that wastes at most a sixteenth, else an eighth, else a quarter.
fn slab(size: u64, cpus: u64) -> u64 {
    const LONGEST: u64 = PAGE << 3;
    let wanted = 4 * (u64::from(cpus.max(1).ilog2()) + 2);
    let shortest = (wanted.min(LONGEST / size) * size).div_ceil(PAGE).next_power_of_two() * PAGE;
    for share in [16, 8, 4, 2] {
        let mut slab = shortest;
        while slab <= LONGEST {
            if slab % size <= slab / share {
                return slab;
            }
            slab *= 2;
        }
    }
    LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `objperslab` and `pagesperslab` of `/proc/slabinfo` in Debian's 6.12 guest.
    #[test]
    fn slabs_are_as_long_as_the_kernel_says() {
        for (size, cpus, objects, pages) in [
            (760, 1, 21, 4),
            (704, 1, 11, 2),
            (704, 4, 23, 4),
            (632, 1, 25, 4),
            (584, 1, 14, 2),
            (192, 1, 21, 1),
            (88, 1, 46, 1),
            (1600, 1, 10, 4),
        ] {
            let slab = slab(size, cpus);
            assert_eq!((slab / size, slab / PAGE), (objects, pages), "{size} on {cpus}");
        }
    }

    #[test]
    fn the_last_slab_counts_whole() {
        assert_eq!(bytes(0, 192, 1), 0);
        assert_eq!(bytes(22, 192, 1), 2 * PAGE);
    }
}
