-- keeps: documents that Dolma's web mixture would keep if its rules on the most common n-grams named the taggers' attributes
-- source: Dolma (arXiv 2402.00159), the exclusion rules of its v1.6 Common Crawl mixture over the taggers gopher_v1 and pii_regex_with_counts_fast_v2
-- differs: |
--   Rules that need a model, a tokeniser or other documents are left out: language, repeated tokens, duplicates.
--   So are the replacements of spans. This is dolma_gopher_v1 with the rules that its published file
--   misspells. A value that is NULL (fewer words than an n-gram has) passes its rule, as an attribute that is missing does.
-- params:
--   min_words: 50
--   max_words: 100000
--   min_median_word_length: 3.0
--   max_median_word_length: 10.0
--   max_symbols_per_word: 0.1
--   min_words_with_letters: 0.8
--   min_required_words: 2
--   max_bullet_lines: 0.9
--   max_ellipsis_lines: 0.3
--   max_duplicate_lines: 0.3
--   max_duplicate_line_chars: 0.3
--   max_top_2gram: 0.20
--   max_top_3gram: 0.18
--   max_top_4gram: 0.16
--   max_duplicate_5grams: 0.15
--   max_duplicate_6grams: 0.14
--   max_duplicate_7grams: 0.13
--   max_duplicate_8grams: 0.12
--   max_duplicate_9grams: 0.11
--   max_duplicate_10grams: 0.10
--   max_personal_data: 5
SELECT
  dolma_gopher_v1_word_count BETWEEN $min_words AND $max_words AS usual_word_count,
  dolma_gopher_v1_median_word_length BETWEEN $min_median_word_length AND $max_median_word_length AS usual_word_length,
  dolma_gopher_v1_symbol_to_word_ratio <= $max_symbols_per_word AS few_symbols,
  dolma_gopher_v1_fraction_of_words_with_alpha_character >= $min_words_with_letters AS words_with_letters,
  dolma_gopher_v1_required_word_count >= $min_required_words AS required_words,
  dolma_gopher_v1_fraction_of_lines_starting_with_bullet_point <= $max_bullet_lines AS few_bullet_lines,
  dolma_gopher_v1_fraction_of_lines_ending_with_ellipsis <= $max_ellipsis_lines AS few_ellipsis_lines,
  dolma_gopher_v1_fraction_of_duplicate_lines <= $max_duplicate_lines AS few_duplicate_lines,
  dolma_gopher_v1_fraction_of_characters_in_duplicate_lines <= $max_duplicate_line_chars AS few_characters_in_duplicate_lines,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_most_common_2grams <= $max_top_2gram, true) AS varied_2grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_most_common_3grams <= $max_top_3gram, true) AS varied_3grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_most_common_4grams <= $max_top_4gram, true) AS varied_4grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_5grams <= $max_duplicate_5grams, true) AS few_duplicate_5grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_6grams <= $max_duplicate_6grams, true) AS few_duplicate_6grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_7grams <= $max_duplicate_7grams, true) AS few_duplicate_7grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_8grams <= $max_duplicate_8grams, true) AS few_duplicate_8grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_9grams <= $max_duplicate_9grams, true) AS few_duplicate_9grams,
  coalesce(dolma_gopher_v1_fraction_of_characters_in_duplicate_10grams <= $max_duplicate_10grams, true) AS few_duplicate_10grams,
  dolma_pii_regex_with_counts_fast_v2_doc_count <= $max_personal_data AS little_personal_data
