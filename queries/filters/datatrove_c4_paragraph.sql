-- keeps: pages with three long lines
-- source: mC4 (arXiv 2010.11934) as datatrove 0.10.1 has it (C4ParagraphFilter)
-- differs: Nothing. A page of fewer than three lines has no third-longest one, and NULL fails.
-- params:
--   min_line_chars: 200
SELECT
  c4_third_longest_line >= $min_line_chars AS three_long_lines
