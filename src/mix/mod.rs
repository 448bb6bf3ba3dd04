//! Mixture statistics.
