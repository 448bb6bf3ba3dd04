-- keeps: documents that pass the five Gopher rules printed on the dataset card of RedPajama-V2
-- source: the dataset card of togethercomputer/RedPajama-Data-V2, "Gopher" example
-- differs: |
--   The card stops after five rules, and its most words are 10,000 where Gopher's paper has 100,000.
--   A value that is NULL (no words, no lines) fails its rule; the card's example does not handle it.
-- params:
--   min_words: 50
--   max_words: 10000
--   min_mean_word_length: 3.0
--   max_mean_word_length: 10.0
--   max_symbols_per_word: 0.1
--   max_bullet_lines: 0.9
--   max_top_2gram: 0.2
SELECT
  rps_doc_word_count BETWEEN $min_words AND $max_words AS usual_word_count,
  rps_doc_mean_word_length BETWEEN $min_mean_word_length AND $max_mean_word_length AS usual_word_length,
  rps_doc_symbol_to_word_ratio <= $max_symbols_per_word AS few_symbols,
  rps_lines_start_with_bulletpoint_sum / nullif(ccnet_nlines, 0) <= $max_bullet_lines AS few_bullet_lines,
  rps_doc_frac_chars_top_2gram <= $max_top_2gram AS varied_2grams
