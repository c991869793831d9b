//! Kernels booted for the tests, all in one program: they take turns on the processors.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod flips;
mod given;
mod laboratory;
mod recipe;
