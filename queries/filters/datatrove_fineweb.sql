-- keeps: documents whose lines end like sentences, are long and do not repeat
-- source: FineWeb (arXiv 2406.17557) as datatrove 0.10.1 has it (FineWebQualityFilter)
-- differs: |
--   Nothing, over English words: rules are in the order in which datatrove names the first that fails. A text of blank lines alone fails
--   not_blank ("empty" there) and, as NULL is false, the others. The paper says 0.1 for max_repeated_chars; FineWeb was made with 0.01.
-- params:
--   min_lines_with_punctuation: 0.12
--   max_short_lines: 0.67
--   max_repeated_chars: 0.01
--   max_lines_per_word: 0.3
SELECT
  datatrove_short_line_ratio IS NOT NULL AS not_blank,
  datatrove_line_punct_ratio >= $min_lines_with_punctuation AS lines_with_punctuation,
  datatrove_short_line_ratio <= $max_short_lines AS few_short_lines,
  datatrove_char_dup_ratio <= $max_repeated_chars AS few_repeated_chars,
  datatrove_newline_word_ratio <= $max_lines_per_word AS no_list
