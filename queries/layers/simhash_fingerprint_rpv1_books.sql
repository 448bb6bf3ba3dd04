-- what: the SimHash fingerprint of RedPajama-V1's books, windows of 6 letters, digits and _, 64 bits
-- source: togethercomputer/RedPajama-Data, data_prep/book
SELECT
  simhash(text, 'rpv1_books') AS simhash_fingerprint_rpv1_books
FROM corpus
