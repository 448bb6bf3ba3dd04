-- keeps: documents of several sentences, without braces, listed bad words and filler text
-- source: C4 (arXiv 1910.10683, section 2.2) over the signals of RedPajama-V2 (arXiv 2411.12372)
-- differs: |
--   The rules on documents only. C4 also removes single lines (no terminal mark, few words, JavaScript)
--   and counts sentences afterwards; a verdict removes no lines.
--   Sentences are RedPajama-V2's, which knows no abbreviations.
--   A value that is NULL fails its rule: so does every document in a language without a list of bad words.
-- params:
--   min_sentences: 3
--   max_bad_words: 0
SELECT
  rps_doc_num_sentences >= $min_sentences AS enough_sentences,
  rps_doc_curly_bracket = 0 AS no_curly_brackets,
  rps_doc_ldnoobw_words <= $max_bad_words AS no_bad_words,
  rps_doc_lorem_ipsum = 0 AS no_lorem_ipsum
