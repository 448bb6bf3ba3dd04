-- keeps: documents that FineWeb-2's filters keep, in languages whose words can be cut here
-- source: FineWeb-2 (arXiv 2506.20920), fineweb-2-pipeline.py and configs, over datatrove 0.10.1
-- differs: |
--   Languages are written as there: `fry_Latn`. Only frr_Latn, fry_Latn, sco_Latn and stq_Latn can be judged: datatrove cuts
--   their words by spaCy's English rules. Of the others' tokenisers (spaCy's rules for other languages, jieba, SudachiPy,
--   Kiwi, PyThaiNLP, IndicNLP, Stanza and more) none is here, so their documents fail words_can_be_cut; a filter over other
--   words can ask fineweb2_threshold for the figures of 47 languages. Rules are in the order of the steps; deduplication,
--   between language and repetition, and repair of the text behind (ftfy, personal data, lines of `|`) are other steps.
--   Needs GlotLID (`--lid`).
-- params:
--   min_words: 50
--   max_words: 100000
--   max_repeated_chars: 0.1
--   max_hashes_per_word: 0.1
--   max_ellipses_per_word: 0.1
--   max_bullet_lines: 0.9
--   max_ellipsis_lines: 0.3
--   min_stop_words: 2
SELECT
  language_id = language AS right_language,
  language_score >= fineweb2_threshold(language, 'language_score') AS sure_enough,
  fineweb2_stop_word_count IS NOT NULL AS words_can_be_cut,
  datatrove_dup_line_frac IS NOT NULL AS not_empty,
  datatrove_dup_line_frac <= fineweb2_threshold(language, 'dup_line_frac') AS few_duplicate_lines,
  coalesce(datatrove_top_2_gram, 0) <= fineweb2_threshold(language, 'top_2_gram') AS varied_2grams,
  coalesce(datatrove_top_3_gram, 0) <= fineweb2_threshold(language, 'top_3_gram') AS varied_3grams,
  coalesce(datatrove_top_4_gram, 0) <= fineweb2_threshold(language, 'top_4_gram') AS varied_4grams,
  datatrove_dup_5_gram <= fineweb2_threshold(language, 'dup_5_gram') AS few_duplicate_5grams,
  datatrove_dup_6_gram <= fineweb2_threshold(language, 'dup_6_gram') AS few_duplicate_6grams,
  datatrove_dup_7_gram <= fineweb2_threshold(language, 'dup_7_gram') AS few_duplicate_7grams,
  datatrove_dup_8_gram <= fineweb2_threshold(language, 'dup_8_gram') AS few_duplicate_8grams,
  datatrove_dup_9_gram <= fineweb2_threshold(language, 'dup_9_gram') AS few_duplicate_9grams,
  datatrove_dup_10_gram <= fineweb2_threshold(language, 'dup_10_gram') AS few_duplicate_10grams,
  datatrove_short_line_ratio IS NOT NULL AS not_blank,
  datatrove_line_punct_ratio >= fineweb2_threshold(language, 'line_punct_thr') AS lines_with_punctuation,
  datatrove_char_dup_ratio <= $max_repeated_chars AS few_repeated_chars,
  datatrove_newline_word_ratio <= fineweb2_threshold(language, 'new_line_ratio') AS no_list,
  datatrove_non_symbol_word_count >= $min_words AS enough_words,
  datatrove_non_symbol_word_count <= $max_words AS not_too_many_words,
  datatrove_mean_word_length >= fineweb2_threshold(language, 'min_avg_word_length') AS words_long_enough,
  datatrove_mean_word_length <= fineweb2_threshold(language, 'max_avg_word_length') AS words_short_enough,
  datatrove_hash_ratio <= $max_hashes_per_word AS few_hashes,
  datatrove_ellipsis_ratio <= $max_ellipses_per_word AS few_ellipses,
  datatrove_bullet_line_ratio <= $max_bullet_lines AS few_bullet_lines,
  datatrove_ellipsis_line_ratio <= $max_ellipsis_lines AS few_ellipsis_lines,
  datatrove_alpha_word_ratio >= fineweb2_threshold(language, 'max_non_alpha_words_ratio') AS words_with_letters,
  fineweb2_stop_word_count >= $min_stop_words AS enough_stop_words
