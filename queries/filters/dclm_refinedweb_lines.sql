-- keeps: documents that lose at most one word in twenty to the line-wise corrections, as DCLM computes them
-- source: DCLM (arXiv 2406.11794), the last steps of dclm_baseline_refinedweb.yaml
-- differs: |
--   From source. DCLM corrects dclm_text(text), the text without URLs: dclm_refinedweb has this rule over that. A verdict changes
--   no text: the corrected one is dclm_refinedweb_text(text). A document without words fails, there too.
-- params:
--   max_words_removed: 0.05
SELECT
  dclm_refinedweb_words_removed <= $max_words_removed AS few_words_removed
