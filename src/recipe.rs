//! YAML → steps.
