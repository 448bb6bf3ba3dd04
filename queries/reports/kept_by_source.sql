-- what: what the Gopher and the C4 rules of RedPajama-V2 keep of each source
SELECT
  source,
  count(*) AS documents,
  count(*) FILTER (WHERE keep_rpv2_gopher) AS gopher,
  count(*) FILTER (WHERE keep_rpv2_c4) AS c4,
  count(*) FILTER (WHERE keep_rpv2_gopher AND keep_rpv2_c4) AS gopher_and_c4
FROM corpus
GROUP BY source
ORDER BY documents DESC, source
