//! The numbers: what each KPI asks, and how it is answered.

pub mod catalog;
pub mod formulas;
pub mod leads;
