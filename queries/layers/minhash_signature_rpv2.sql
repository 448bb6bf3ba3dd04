-- what: the MinHash signature of RedPajama-V2, 13-grams of normalised words, 128 permutations
-- source: RedPajama-V2 (arXiv 2411.12372); togethercomputer/RedPajama-Data
SELECT
  minhash(text, 'rpv2') AS minhash_signature_rpv2
FROM corpus
