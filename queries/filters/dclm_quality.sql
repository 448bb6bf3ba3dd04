-- keeps: documents that pass the quality heuristics of DCLM-Baseline's reproduction of RefinedWeb
-- source: DCLM (arXiv 2406.11794), dclm_baseline_refinedweb.yaml at 361714b, the rules of Gopher
-- differs: |
--   From source. DCLM measures dclm_text(text), the text without URLs: dclm_refinedweb has these rules and the next ones over that.
--   Dropping documents by URL and language, which comes before, is another step.
-- params:
--   min_words: 50
--   max_words: 100000
--   min_mean_word_length: 3.0
--   max_mean_word_length: 10.0
--   max_symbols_per_word: 0.1
--   max_bullet_lines: 0.9
--   max_ellipsis_lines: 0.3
--   max_words_without_letters: 0.2
--   min_stop_words: 2
SELECT
  dclm_word_count BETWEEN $min_words AND $max_words AS usual_word_count,
  dclm_mean_word_length BETWEEN $min_mean_word_length AND $max_mean_word_length AS usual_word_length,
  dclm_symbol_to_word_ratio <= $max_symbols_per_word AS few_symbols,
  dclm_bullet_line_count <= $max_bullet_lines * dclm_line_count AS few_bullet_lines,
  dclm_ellipsis_line_count <= $max_ellipsis_lines * dclm_line_count AS few_ellipsis_lines,
  dclm_non_alphabetic_word_ratio <= $max_words_without_letters AS words_with_letters,
  dclm_stop_word_count >= $min_stop_words AS stop_words
