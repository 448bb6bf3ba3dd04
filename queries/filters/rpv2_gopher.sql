-- keeps: documents that read like prose and repeat themselves little
-- source: Gopher (arXiv 2112.11446, appendix A) over the signals of RedPajama-V2 (arXiv 2411.12372)
-- differs: |
--   Two of Gopher's rules have no signal and are left out: two of eight English stop words, and
--   duplicate lines and paragraphs (CCNet has removed those before). Words are RedPajama-V2's: a run of
--   punctuation is a word without letters, so words_with_letters is much stricter than Gopher's rule.
--   A value that is NULL (no words, no lines) fails its rule.
-- params:
--   min_words: 50
--   max_words: 100000
--   min_mean_word_length: 3.0
--   max_mean_word_length: 10.0
--   max_symbols_per_word: 0.1
--   max_bullet_lines: 0.9
--   max_ellipsis_lines: 0.3
--   max_words_without_letters: 0.2
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
  rps_doc_word_count BETWEEN $min_words AND $max_words AS usual_word_count,
  rps_doc_mean_word_length BETWEEN $min_mean_word_length AND $max_mean_word_length AS usual_word_length,
  rps_doc_symbol_to_word_ratio <= $max_symbols_per_word AS few_symbols,
  rps_lines_start_with_bulletpoint_sum / nullif(rps_lines_count, 0) <= $max_bullet_lines AS few_bullet_lines,
  rps_doc_frac_lines_end_with_ellipsis <= $max_ellipsis_lines AS few_ellipsis_lines,
  rps_doc_frac_no_alph_words <= $max_words_without_letters AS words_with_letters,
  rps_doc_frac_chars_top_2gram <= $max_top_2gram AS varied_2grams,
  rps_doc_frac_chars_top_3gram <= $max_top_3gram AS varied_3grams,
  rps_doc_frac_chars_top_4gram <= $max_top_4gram AS varied_4grams,
  rps_doc_frac_chars_dupe_5grams <= $max_duplicate_5grams AS few_duplicate_5grams,
  rps_doc_frac_chars_dupe_6grams <= $max_duplicate_6grams AS few_duplicate_6grams,
  rps_doc_frac_chars_dupe_7grams <= $max_duplicate_7grams AS few_duplicate_7grams,
  rps_doc_frac_chars_dupe_8grams <= $max_duplicate_8grams AS few_duplicate_8grams,
  rps_doc_frac_chars_dupe_9grams <= $max_duplicate_9grams AS few_duplicate_9grams,
  rps_doc_frac_chars_dupe_10grams <= $max_duplicate_10grams AS few_duplicate_10grams
