-- what: how long the documents of each source are, in characters
SELECT
  source,
  count(*) AS documents,
  sum(text_chars) AS chars,
  min(text_chars) AS shortest,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY text_chars) AS median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY text_chars) AS p90,
  max(text_chars) AS longest
FROM corpus
GROUP BY source
ORDER BY chars DESC, source
