-- keeps: documents of whose language, whichever it is, a fastText model is sure
-- source: LanguageFilter of datatrove 0.10.1 with its defaults (languages=None)
-- differs: |
--   Equal, with the same model (`--lid`). datatrove_language asks for one language, as FineWeb does.
-- params:
--   min_score: 0.65
SELECT
  language_score > $min_score AS sure_enough
