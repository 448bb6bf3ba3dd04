-- what: the MinHash signature of datatrove, 5-grams of spaCy's English words of the simplified text, 112 permutations, XXH64
-- source: huggingface/datatrove 0.10.1
SELECT
  minhash(text, 'datatrove') AS minhash_signature_datatrove
FROM corpus
