-- keeps: documents that repeat few lines and paragraphs, as DCLM-Baseline's reproduction of RefinedWeb counts them
-- source: DCLM (arXiv 2406.11794), massive_web_repetition_filters at 361714b
-- differs: |
--   From source. The nine rules on n-grams are left out: they need words by Unicode's rules. A value that is
--   NULL (no lines) fails its rule, as in DCLM.
-- params:
--   max_duplicate_lines: 0.3
--   max_duplicate_paragraphs: 0.3
--   max_duplicate_line_chars: 0.2
--   max_duplicate_paragraph_chars: 0.2
SELECT
  dclm_duplicate_line_fraction <= $max_duplicate_lines AS few_duplicate_lines,
  dclm_duplicate_paragraph_fraction <= $max_duplicate_paragraphs AS few_duplicate_paragraphs,
  dclm_duplicate_line_char_fraction <= $max_duplicate_line_chars AS few_characters_in_duplicate_lines,
  dclm_duplicate_paragraph_char_fraction <= $max_duplicate_paragraph_chars AS few_characters_in_duplicate_paragraphs
