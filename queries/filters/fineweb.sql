-- keeps: documents that FineWeb's filters keep
-- source: FineWeb (arXiv 2406.17557), datatrove 0.10.1 (examples/fineweb.py), with English asked for
-- differs: |
--   Rules are in the order of the steps: URL, language, repetition, quality, C4 without end marks, FineWeb's own, which see
--   the text that C4's rules on lines leave. Extraction from HTML and deduplication are other steps. A verdict changes no
--   text: what goes on is datatrove_c4_noterm_text(text), then with personal data masked. Needs the URL lists (`--url-lists`) and a
--   language model (`--lid`): without either it is refused, unless the columns are stored.
-- params:
--   soft_words: 2
--   language: en
--   min_score: 0.65
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
--   min_sentences: 5
--   min_lines_with_punctuation: 0.12
--   max_short_lines: 0.67
--   max_repeated_chars: 0.01
--   max_lines_per_word: 0.3
SELECT
  datatrove_url_domain_listed = 0 AS domain_not_listed,
  datatrove_url_host_listed = 0 AS subdomain_not_listed,
  datatrove_url_listed = 0 AS url_not_listed,
  datatrove_url_banned_words = 0 AS not_hard_blacklisted,
  datatrove_url_soft_words < $soft_words AS not_soft_blacklisted,
  datatrove_url_banned_subwords = 0 AS no_blacklisted_subword,
  language_id = $language AS right_language,
  language_score > $min_score AS sure_enough,
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
  datatrove_dup_10_gram <= $max_duplicate_10grams AS few_duplicate_10grams,
  datatrove_non_symbol_word_count >= $min_words AS enough_words,
  datatrove_non_symbol_word_count <= $max_words AS not_too_many_words,
  datatrove_mean_word_length >= $min_mean_word_length AS words_long_enough,
  datatrove_mean_word_length <= $max_mean_word_length AS words_short_enough,
  datatrove_hash_ratio <= $max_hashes_per_word AS few_hashes,
  datatrove_ellipsis_ratio <= $max_ellipses_per_word AS few_ellipses,
  datatrove_bullet_line_ratio <= $max_bullet_lines AS few_bullet_lines,
  datatrove_ellipsis_line_ratio <= $max_ellipsis_lines AS few_ellipsis_lines,
  datatrove_alpha_word_ratio >= $min_words_with_letters AS words_with_letters,
  datatrove_stop_word_count >= $min_stop_words AS enough_stop_words,
  datatrove_c4_noterm_lorem_ipsum = 0 AS no_lorem_ipsum,
  datatrove_c4_noterm_curly_bracket = 0 AS no_curly_brackets,
  datatrove_c4_noterm_num_sentences >= $min_sentences AS enough_sentences,
  datatrove_line_punct_ratio(datatrove_c4_noterm_text(text)) >= $min_lines_with_punctuation AS lines_with_punctuation,
  datatrove_short_line_ratio(datatrove_c4_noterm_text(text)) <= $max_short_lines AS few_short_lines,
  datatrove_char_dup_ratio(datatrove_c4_noterm_text(text)) <= $max_repeated_chars AS few_repeated_chars,
  datatrove_newline_word_ratio(datatrove_c4_noterm_text(text)) <= $max_lines_per_word AS no_list
