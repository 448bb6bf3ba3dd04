-- what: the MinHash signature of text-dedup, 5-grams of words, 250 permutations, XXH3
-- source: ChenghaoMou/text-dedup 0.4.0
SELECT
  minhash(text, 'text_dedup_xxh3') AS minhash_signature_text_dedup_xxh3
FROM corpus
