-- what: the quantities behind DCLM's heuristics
-- source: DCLM (arXiv 2406.11794) at 361714b
SELECT
  dclm_bullet_line_count,
  dclm_duplicate_5gram_char_fraction,
  dclm_duplicate_6gram_char_fraction,
  dclm_duplicate_7gram_char_fraction,
  dclm_duplicate_8gram_char_fraction,
  dclm_duplicate_9gram_char_fraction,
  dclm_duplicate_10gram_char_fraction,
  dclm_duplicate_line_char_fraction,
  dclm_duplicate_line_fraction,
  dclm_duplicate_paragraph_char_fraction,
  dclm_duplicate_paragraph_fraction,
  dclm_ellipsis_line_count,
  dclm_line_count,
  dclm_mean_word_length,
  dclm_non_alphabetic_word_ratio,
  dclm_stop_word_count,
  dclm_symbol_to_word_ratio,
  dclm_top_2gram_char_fraction,
  dclm_top_3gram_char_fraction,
  dclm_top_4gram_char_fraction,
  dclm_word_count
FROM corpus
