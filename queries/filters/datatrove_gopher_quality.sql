-- keeps: documents that read like English prose
-- source: Gopher (arXiv 2112.11446, appendix A) as datatrove 0.10.1 has it (GopherQualityFilter)
-- differs: |
--   Nothing, over English words: rules are in the order in which datatrove names the first that fails. A document without words fails
--   enough_words; every other rule that cannot be measured fails too, as NULL does.
-- params:
--   min_words: 50
--   max_words: 100000
--   min_mean_word_length: 3
--   max_mean_word_length: 10
--   max_hashes_per_word: 0.1
--   max_ellipses_per_word: 0.1
--   max_bullet_lines: 0.9
--   max_ellipsis_lines: 0.3
--   min_words_with_letters: 0.8
--   min_stop_words: 2
SELECT
  datatrove_non_symbol_word_count >= $min_words AS enough_words,
  datatrove_non_symbol_word_count <= $max_words AS not_too_many_words,
  datatrove_mean_word_length >= $min_mean_word_length AS words_long_enough,
  datatrove_mean_word_length <= $max_mean_word_length AS words_short_enough,
  datatrove_hash_ratio <= $max_hashes_per_word AS few_hashes,
  datatrove_ellipsis_ratio <= $max_ellipses_per_word AS few_ellipses,
  datatrove_bullet_line_ratio <= $max_bullet_lines AS few_bullet_lines,
  datatrove_ellipsis_line_ratio <= $max_ellipsis_lines AS few_ellipsis_lines,
  datatrove_alpha_word_ratio >= $min_words_with_letters AS words_with_letters,
  datatrove_stop_word_count >= $min_stop_words AS enough_stop_words
