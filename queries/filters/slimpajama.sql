-- keeps: documents that SlimPajama does not find too short
-- source: SlimPajama (Cerebras modelzoo f1fd1e0), the filter of short documents
-- differs: from source. The repair of broken characters and Unicode normalisation (ftfy, NFC) that come before are left out
-- params:
--   min_length: 200
SELECT
  slimpajama_length >= $min_length AS long_enough
