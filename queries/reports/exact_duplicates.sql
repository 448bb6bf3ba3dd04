-- what: texts that occur more than once, with the first identifier of each
SELECT
  count(*) AS copies,
  min(id) AS first_id,
  min(text_chars) AS chars
FROM corpus
GROUP BY text_hash
HAVING count(*) > 1
ORDER BY copies DESC, chars DESC, first_id
