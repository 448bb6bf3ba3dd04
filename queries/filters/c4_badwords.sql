-- keeps: pages without listed bad words
-- source: C4 (arXiv 1910.10683) as datatrove 0.10.1 has it (C4BadWordsFilter, keep_fraction 0)
-- differs: |
--   A page in a language without a list fails, as NULL does; datatrove stops with an error there, or keeps the page
--   when told to. datatrove takes a page without a language for English.
-- params:
--   max_bad_words: 0
SELECT
  c4_bad_words <= $max_bad_words AS no_bad_words
