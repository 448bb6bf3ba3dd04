-- what: the SimHash fingerprint of ROOTS, windows of 6 characters without punctuation, 64 bits
-- source: ROOTS (arXiv 2303.03915); bigscience-workshop/data_tooling
SELECT
  simhash(text, 'roots') AS simhash_fingerprint_roots
FROM corpus
