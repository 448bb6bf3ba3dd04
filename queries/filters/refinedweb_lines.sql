-- keeps: documents that lose at most one word in twenty to the line-wise corrections
-- source: RefinedWeb (arXiv 2306.01116, appendix G.2)
-- differs: |
--   From source: the paper's code is not published, and it leaves open what a word, a counter and a pattern is; here as DCLM has
--   them, but `read more...` as it is written. A verdict changes no text: the corrected one is refinedweb_text(text). A document without words fails.
-- params:
--   max_words_removed: 0.05
SELECT
  refinedweb_words_removed <= $max_words_removed AS few_words_removed
