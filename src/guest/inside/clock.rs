//! The guest's clock. Where it counts instructions it advances by one nanosecond for each.

use std::arch::asm;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds since some moment.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Does `work`, and returns by how much the clock advanced.
pub(super) fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let start = now();
    let done = work();
    (done, now() - start)
}

/// Executes `instructions`, an even number.
#[allow(unsafe_code, reason = "no other loop has a known number of instructions")]
pub(super) fn spin(instructions: u64) {
    let rounds = instructions / 2;
    if rounds == 0 {
        return;
    }
    // SAFETY: counts a register down to zero, and touches neither memory nor the stack.
    unsafe {
        asm!(
            "2:",
            "dec {rounds}",
            "jnz 2b",
            rounds = inout(reg) rounds => _,
            options(nomem, nostack),
        );
    }
}
