-- keeps: pages of which at least five sentences stay when single lines are judged, whatever they end with
-- source: C4 (arXiv 1910.10683) as datatrove 0.10.1 has it (C4QualityFilter, filter_no_terminal_punct=False), the step of FineWeb
-- differs: |
--   A verdict changes no text: what datatrove passes on is datatrove_c4_noterm_text(text). Rules are in the order in which
--   datatrove names the first that fails.
-- params:
--   min_sentences: 5
SELECT
  datatrove_c4_noterm_lorem_ipsum = 0 AS no_lorem_ipsum,
  datatrove_c4_noterm_curly_bracket = 0 AS no_curly_brackets,
  datatrove_c4_noterm_num_sentences >= $min_sentences AS enough_sentences
