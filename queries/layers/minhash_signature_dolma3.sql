-- what: the MinHash signature of Dolma 3's size, 5-grams of words in lower case without punctuation, 286 permutations, XXH3
-- source: revbucket/minhash-rs
SELECT
  minhash(text, 'dolma3') AS minhash_signature_dolma3
FROM corpus
