-- what: the share of each source within its language, of documents that pass the Gopher rules
SELECT
  language,
  source,
  count(*) AS documents,
  sum(text_bytes) AS bytes,
  sum(text_bytes) * 1.0 / sum(sum(text_bytes)) OVER (PARTITION BY language) AS share
FROM corpus
WHERE keep_rpv2_gopher
GROUP BY language, source
ORDER BY language, share DESC, source
