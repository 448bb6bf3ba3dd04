-- what: how many tokens each document has in the encodings cl100k (GPT-4), o200k (GPT-4o) and gpt2
-- source: tiktoken 0.14 (https://github.com/openai/tiktoken)
SELECT
  tokens_cl100k,
  tokens_o200k,
  tokens_gpt2
FROM corpus
