-- keeps: documents whose URL is in no block list and holds no banned words
-- source: URLFilter of datatrove 0.10.1, the first step of FineWeb (arXiv 2406.17557)
-- differs: |
--   Equal, with the same lists (`--url-lists`) and the same Public Suffix List. The reason of datatrove is the first rule
--   that fails: domain, subdomain, url, hard_blacklisted, soft_blacklisted, blacklisted_subword.
--   A document without URL, on which datatrove stops, fails every rule.
-- params:
--   soft_words: 2
SELECT
  datatrove_url_domain_listed = 0 AS domain_not_listed,
  datatrove_url_host_listed = 0 AS subdomain_not_listed,
  datatrove_url_listed = 0 AS url_not_listed,
  datatrove_url_banned_words = 0 AS not_hard_blacklisted,
  datatrove_url_soft_words < $soft_words AS not_soft_blacklisted,
  datatrove_url_banned_subwords = 0 AS no_blacklisted_subword
