-- what: documents and text of each language, with its share of the text
SELECT
  language,
  count(*) AS documents,
  sum(text_bytes) AS bytes,
  round(100.0 * sum(text_bytes) / sum(sum(text_bytes)) OVER (), 2) AS percent_of_bytes
FROM corpus
GROUP BY language
ORDER BY bytes DESC, language
