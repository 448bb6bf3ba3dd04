-- what: the MinHash signature of text-dedup, 5-grams of words, 250 permutations, SHA-1
-- source: ChenghaoMou/text-dedup 0.4.0
SELECT
  minhash(text, 'text_dedup') AS minhash_signature_text_dedup
FROM corpus
