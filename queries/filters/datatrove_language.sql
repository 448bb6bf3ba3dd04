-- keeps: documents that a fastText model calls English
-- source: LanguageFilter of datatrove 0.10.1 with languages="en", as FineWeb runs it (arXiv 2406.17557)
-- differs: |
--   Equal, with the same model (`--lid`). datatrove keeps any document with `en` above the score; above one half that is the
--   label itself, so that a lower `min_score` keeps fewer documents here.
--   One rule in two parts, which datatrove gives no names. A text of which the model knows nothing fails both.
-- params:
--   language: en
--   min_score: 0.65
SELECT
  language_id = $language AS right_language,
  language_score > $min_score AS sure_enough
