-- keeps: documents with few lines in capitals or of digits alone, from hosts on no blocklist
-- source: RefinedWeb (arXiv 2306.01116, section G.2) over the signals of RedPajama-V2 (arXiv 2411.12372)
-- differs: |
--   Lines are weighed by their words and never removed: RefinedWeb removes the flagged lines and drops
--   the document when they hold more than 5 % of its words. Its rules on counters ("3 likes") and on
--   lines of one word have no signal. The numeric fraction counts spaces, so "12 34" is not all numeric.
--   A document without words fails few_flagged_lines. listed_nowhere accepts NULL: a domain that is not
--   listed, and a document without one.
-- params:
--   max_flagged_words: 0.05
--   max_uppercase: 0.5
--   max_numeric: 1.0
SELECT
  lines_flagged_word_fraction(
    rps_lines_uppercase_letter_fraction,
    rps_lines_numerical_chars_fraction,
    rps_lines_num_words,
    $max_uppercase,
    $max_numeric
  ) <= $max_flagged_words AS few_flagged_lines,
  rps_doc_ut1_blacklist IS NULL AS listed_nowhere
