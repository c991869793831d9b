//! Judgements: records in, an answer out.

pub mod choose;
pub mod claim;
pub mod compare;
pub mod gate;
pub mod pareto;
