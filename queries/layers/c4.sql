-- what: what C4's rules on lines leave of each page and which rule ends it, in all variants; RefinedWeb's share of words removed
-- source: C4 (arXiv 1910.10683), datatrove 0.10.1, TensorFlow Datasets; RefinedWeb (arXiv 2306.01116)
SELECT
  datatrove_c4_kept_lines,
  datatrove_c4_num_sentences,
  datatrove_c4_lorem_ipsum,
  datatrove_c4_curly_bracket,
  datatrove_c4_noterm_kept_lines,
  datatrove_c4_noterm_num_sentences,
  datatrove_c4_noterm_lorem_ipsum,
  datatrove_c4_noterm_curly_bracket,
  datatrove_c4_sentences_num_sentences,
  datatrove_c4_sentences_lorem_ipsum,
  datatrove_c4_sentences_curly_bracket,
  c4_tfds_kept_lines,
  c4_tfds_num_sentences,
  c4_tfds_lorem_ipsum,
  c4_tfds_curly_bracket,
  c4_third_longest_line,
  c4_bad_words,
  refinedweb_words_removed,
  dclm_refinedweb_words_removed
FROM corpus
