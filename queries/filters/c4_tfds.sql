-- keeps: pages that the code that made C4 keeps
-- source: C4 (arXiv 1910.10683) as TensorFlow Datasets has it (text/c4_utils.py); the paper swaps the numbers of words and sentences
-- differs: |
--   From source, not compared with its output. Sentences are counted by rules much like Punkt's. Bad words are looked for in the lines
--   that stay, between other characters than word characters or at an end, as that code has them since it knows other languages; at
--   0560e68 (2020) it asked for one character that is none of a to z on each side, so that none was found at the start of a line, and one
--   beside a digit or `é` was. A language without a list fails. langdetect's rule (English, probability 0.99) and deduplication of lines
--   are left out. A verdict changes no text: the cleaned page is c4_tfds_text(text).
-- params:
--   max_chars: 190000
--   max_bad_words: 0
--   min_sentences: 3
SELECT
  character_length(text) <= $max_chars AS not_too_long,
  c4_tfds_lorem_ipsum = 0 AS no_lorem_ipsum,
  c4_tfds_curly_bracket = 0 AS no_curly_brackets,
  c4_bad_words(c4_tfds_text(text), language) <= $max_bad_words AS no_bad_words,
  c4_tfds_num_sentences >= $min_sentences AS enough_sentences
