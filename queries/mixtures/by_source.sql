-- what: the share of each source in the corpus as it is
SELECT
  source,
  count(*) AS documents,
  sum(text_bytes) AS bytes,
  sum(text_bytes) * 1.0 / sum(sum(text_bytes)) OVER () AS share
FROM corpus
GROUP BY source
ORDER BY share DESC, source
