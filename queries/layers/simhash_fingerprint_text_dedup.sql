-- what: the SimHash fingerprint of text-dedup, windows of 3 characters, 64 bits
-- source: ChenghaoMou/text-dedup 0.4.0
SELECT
  simhash(text, 'text_dedup') AS simhash_fingerprint_text_dedup
FROM corpus
