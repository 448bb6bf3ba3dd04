-- what: the MinHash signature of RefinedWeb's size, 5-grams of datatrove's words, 9,000 permutations, XXH3
-- source: RefinedWeb (arXiv 2306.01116)
SELECT
  minhash(text, 'refinedweb') AS minhash_signature_refinedweb
FROM corpus
