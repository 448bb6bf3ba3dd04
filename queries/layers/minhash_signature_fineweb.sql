-- what: the MinHash signature of FineWeb, 5-grams of spaCy's English words of the simplified text, 112 permutations, SHA-1
-- source: huggingface/datatrove 0.10.1
SELECT
  minhash(text, 'fineweb') AS minhash_signature_fineweb
FROM corpus
