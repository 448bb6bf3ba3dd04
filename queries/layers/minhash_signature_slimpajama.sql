-- what: the MinHash signature of SlimPajama, 13-grams of characters, 128 permutations
-- source: Cerebras/modelzoo
SELECT
  minhash(text, 'slimpajama') AS minhash_signature_slimpajama
FROM corpus
