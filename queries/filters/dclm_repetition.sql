-- keeps: documents that repeat few lines, paragraphs and n-grams of words, as DCLM-Baseline's reproduction of RefinedWeb counts them
-- source: DCLM (arXiv 2406.11794), massive_web_repetition_filters at 361714b
-- differs: |
--   From source. DCLM measures dclm_text(text), the text without URLs: dclm_refinedweb has these rules over that. Words are cut by
--   the Unicode version that the functions know (uax29_words), not by that of the installed uniseg. A value that is NULL (no lines) fails its rule, as in DCLM; without n-grams that occur twice the rules on n-grams hold.
-- params:
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
SELECT
  dclm_duplicate_line_fraction <= $max_duplicate_lines AS few_duplicate_lines,
  dclm_duplicate_paragraph_fraction <= $max_duplicate_paragraphs AS few_duplicate_paragraphs,
  dclm_duplicate_line_char_fraction <= $max_duplicate_line_chars AS few_characters_in_duplicate_lines,
  dclm_duplicate_paragraph_char_fraction <= $max_duplicate_paragraph_chars AS few_characters_in_duplicate_paragraphs,
  dclm_top_2gram_char_fraction <= $max_top_2gram AS varied_2grams,
  dclm_top_3gram_char_fraction <= $max_top_3gram AS varied_3grams,
  dclm_top_4gram_char_fraction <= $max_top_4gram AS varied_4grams,
  dclm_duplicate_5gram_char_fraction <= $max_duplicate_5grams AS few_duplicate_5grams,
  dclm_duplicate_6gram_char_fraction <= $max_duplicate_6grams AS few_duplicate_6grams,
  dclm_duplicate_7gram_char_fraction <= $max_duplicate_7grams AS few_duplicate_7grams,
  dclm_duplicate_8gram_char_fraction <= $max_duplicate_8grams AS few_duplicate_8grams,
  dclm_duplicate_9gram_char_fraction <= $max_duplicate_9grams AS few_duplicate_9grams,
  dclm_duplicate_10gram_char_fraction <= $max_duplicate_10grams AS few_duplicate_10grams
