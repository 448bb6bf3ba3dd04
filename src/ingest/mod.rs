//! Inputs → the documents layer, one file per format.
