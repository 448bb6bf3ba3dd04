-- what: the MinHash signature of Nemotron-CC's size, 24-grams of characters, 260 permutations, XXH3
-- source: Nemotron-CC (arXiv 2412.02595)
SELECT
  minhash(text, 'nemotron_cc') AS minhash_signature_nemotron_cc
FROM corpus
