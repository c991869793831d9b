//! Splits input for two threads by its size alone, so that the bytes are the same on any number of
//! processors.

/// Threads of an encoder that works on shares, as many on every machine.
pub(crate) const THREADS: u32 = 2;

/// The most that a share is, bytes: threads hold shares in memory.
pub(crate) const MOST: u64 = 32 << 20;

/// The bytes of each share that `size` bytes are cut into: as few and as large as give both threads the
/// same to do, since each cut costs something.
pub(crate) fn share(size: u64) -> u64 {
    let threads = u64::from(THREADS);
    let rounds = size.div_ceil(threads * MOST).max(1);
    size.div_ceil(threads * rounds).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_equal_even_in_number_and_not_too_large() {
        for (size, expected) in [(0, 1), (1, 1), (10_240, 5120), (34_344_960, 17_172_480)] {
            assert_eq!(share(size), expected);
        }
        for size in [1u64, 3, 7_000_001, 64 << 20, (64 << 20) + 1, 1_300_000_000] {
            let count = size.div_ceil(share(size));
            assert!(share(size) <= MOST && (count % 2 == 0 || size < 8), "{size}: {count}");
        }
    }
}
