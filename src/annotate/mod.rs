//! Layer SQL → parts.
