-- keeps: documents that all heuristics of DCLM-Baseline's reproduction of RefinedWeb keep, one after the other
-- source: DCLM (arXiv 2406.11794), dclm_baseline_refinedweb.yaml at 361714b, from the removal of URLs on
-- differs: |
--   From source. Rules are in the order of the steps and measure dclm_text(text), the text without URLs, as there; dclm_quality,
--   dclm_repetition and dclm_refinedweb_lines have them over the text as it is. Lists for URLs and the language (English above
--   0.65), which come before and between, are other steps. A verdict changes no text: what goes on is
--   dclm_refinedweb_text(dclm_text(text)).
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
--   max_duplicate_lines: 0.3
--   max_duplicate_paragraphs: 0.3
--   max_duplicate_line_chars: 0.2
--   max_duplicate_paragraph_chars: 0.2
--   max_top_2gram: 0.20
--   max_top_3gram: 0.18
--   max_top_4gram: 0.16
--   max_duplicate_5grams: 0.15
--   max_duplicate_6grams: 0.14
--   max_duplicate_7grams: 0.13
--   max_duplicate_8grams: 0.12
--   max_duplicate_9grams: 0.11
--   max_duplicate_10grams: 0.10
--   max_words_removed: 0.05
SELECT
  dclm_word_count(dclm_text(text)) BETWEEN $min_words AND $max_words AS usual_word_count,
  dclm_mean_word_length(dclm_text(text)) BETWEEN $min_mean_word_length AND $max_mean_word_length AS usual_word_length,
  dclm_symbol_to_word_ratio(dclm_text(text)) <= $max_symbols_per_word AS few_symbols,
  dclm_bullet_line_count(dclm_text(text)) <= $max_bullet_lines * dclm_line_count(dclm_text(text)) AS few_bullet_lines,
  dclm_ellipsis_line_count(dclm_text(text)) <= $max_ellipsis_lines * dclm_line_count(dclm_text(text)) AS few_ellipsis_lines,
  dclm_non_alphabetic_word_ratio(dclm_text(text)) <= $max_words_without_letters AS words_with_letters,
  dclm_stop_word_count(dclm_text(text)) >= $min_stop_words AS stop_words,
  dclm_duplicate_line_fraction(dclm_text(text)) <= $max_duplicate_lines AS few_duplicate_lines,
  dclm_duplicate_paragraph_fraction(dclm_text(text)) <= $max_duplicate_paragraphs AS few_duplicate_paragraphs,
  dclm_duplicate_line_char_fraction(dclm_text(text)) <= $max_duplicate_line_chars AS few_characters_in_duplicate_lines,
  dclm_duplicate_paragraph_char_fraction(dclm_text(text)) <= $max_duplicate_paragraph_chars AS few_characters_in_duplicate_paragraphs,
  dclm_top_2gram_char_fraction(dclm_text(text)) <= $max_top_2gram AS varied_2grams,
  dclm_top_3gram_char_fraction(dclm_text(text)) <= $max_top_3gram AS varied_3grams,
  dclm_top_4gram_char_fraction(dclm_text(text)) <= $max_top_4gram AS varied_4grams,
  dclm_duplicate_5gram_char_fraction(dclm_text(text)) <= $max_duplicate_5grams AS few_duplicate_5grams,
  dclm_duplicate_6gram_char_fraction(dclm_text(text)) <= $max_duplicate_6grams AS few_duplicate_6grams,
  dclm_duplicate_7gram_char_fraction(dclm_text(text)) <= $max_duplicate_7grams AS few_duplicate_7grams,
  dclm_duplicate_8gram_char_fraction(dclm_text(text)) <= $max_duplicate_8grams AS few_duplicate_8grams,
  dclm_duplicate_9gram_char_fraction(dclm_text(text)) <= $max_duplicate_9grams AS few_duplicate_9grams,
  dclm_duplicate_10gram_char_fraction(dclm_text(text)) <= $max_duplicate_10grams AS few_duplicate_10grams,
  dclm_refinedweb_words_removed(dclm_text(text)) <= $max_words_removed AS few_words_removed
