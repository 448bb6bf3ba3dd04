-- keeps: documents that repeat themselves little
-- source: Gopher (arXiv 2112.11446, table A1) as datatrove 0.10.1 has it (GopherRepetitionFilter)
-- differs: |
--   Nothing, over English words: rules are in the order in which datatrove names the first that fails. An empty text fails not_empty
--   ("empty" there) and, as NULL is false, most other rules. A text with fewer words than a top n-gram has passes that rule.
-- params:
--   max_duplicate_paragraphs: 0.3
--   max_duplicate_paragraph_chars: 0.2
--   max_duplicate_lines: 0.3
--   max_duplicate_line_chars: 0.2
--   max_top_2gram: 0.20
--   max_top_3gram: 0.18
--   max_top_4gram: 0.16
--   max_duplicate_5grams: 0.15
--   max_duplicate_6grams: 0.14
--   max_duplicate_7grams: 0.13
--   max_duplicate_8grams: 0.12
--   max_duplicate_9grams: 0.11
--   max_duplicate_10grams: 0.10
SELECT
  datatrove_dup_line_frac IS NOT NULL AS not_empty,
  datatrove_dup_para_frac <= $max_duplicate_paragraphs AS few_duplicate_paragraphs,
  datatrove_dup_para_char_frac <= $max_duplicate_paragraph_chars AS few_duplicate_paragraph_chars,
  datatrove_dup_line_frac <= $max_duplicate_lines AS few_duplicate_lines,
  datatrove_dup_line_char_frac <= $max_duplicate_line_chars AS few_duplicate_line_chars,
  coalesce(datatrove_top_2_gram, 0) <= $max_top_2gram AS varied_2grams,
  coalesce(datatrove_top_3_gram, 0) <= $max_top_3gram AS varied_3grams,
  coalesce(datatrove_top_4_gram, 0) <= $max_top_4gram AS varied_4grams,
  datatrove_dup_5_gram <= $max_duplicate_5grams AS few_duplicate_5grams,
  datatrove_dup_6_gram <= $max_duplicate_6grams AS few_duplicate_6grams,
  datatrove_dup_7_gram <= $max_duplicate_7grams AS few_duplicate_7grams,
  datatrove_dup_8_gram <= $max_duplicate_8grams AS few_duplicate_8grams,
  datatrove_dup_9_gram <= $max_duplicate_9grams AS few_duplicate_9grams,
  datatrove_dup_10_gram <= $max_duplicate_10grams AS few_duplicate_10grams
