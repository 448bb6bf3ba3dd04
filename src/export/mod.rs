//! Filtered subsets as files, one file per format.
