-- what: the MinHash signature of BigCode, 5-grams of words, 256 permutations
-- source: bigcode-project/bigcode-dataset
SELECT
  minhash(text, 'bigcode') AS minhash_signature_bigcode
FROM corpus
