//! Rules, bit patterns, the filter report.
