-- what: the line signals of RedPajama-V2 as parallel lists, with the end of every line in code points
-- source: RedPajama-V2 (arXiv 2411.12372); togethercomputer/RedPajama-Data
SELECT
  rps_lines_end,
  rps_lines_ending_with_terminal_punctution_mark,
  rps_lines_javascript_counts,
  rps_lines_num_words,
  rps_lines_numerical_chars_fraction,
  rps_lines_start_with_bulletpoint,
  rps_lines_uppercase_letter_fraction
FROM corpus
