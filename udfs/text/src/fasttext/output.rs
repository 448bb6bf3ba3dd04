//! From the weights of a line to the most probable labels.

use super::dictionary::Label;
use super::matrix::Matrix;
use super::{Answer, Scratch};

/// What a model was trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// A binary decision at each node of a Huffman tree of labels.
    Hierarchical,
    /// Each label against some others.
    NegativeSampling,
    /// All labels together.
    Softmax,
    /// Each label by itself.
    OneVersusAll,
}

impl Loss {
    pub(super) fn of_number(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::Hierarchical),
            2 => Some(Self::NegativeSampling),
            3 => Some(Self::Softmax),
            4 => Some(Self::OneVersusAll),
            _ => None,
        }
    }
}

/// The last layer of a model.
#[derive(Debug)]
pub(super) struct Output {
    loss: Loss,
    weights: Matrix,
    labels: usize,
    /// The children of the inner nodes of the tree, which follow the labels; the last is its root.
    tree: Vec<(usize, usize)>,
}

/// A natural logarithm that has one for 0 too.
fn log(x: f32) -> f32 {
    (f64::from(x) + 1e-5).ln() as f32
}

/// The sigmoid as fastText looks it up: 512 steps between -8 and 8.
fn stepped_sigmoid(x: f32) -> f32 {
    const STEPS: f32 = 512.0;
    const MOST: f32 = 8.0;
    if x < -MOST {
        0.0
    } else if x > MOST {
        1.0
    } else {
        let step = ((x + MOST) * STEPS / MOST / 2.0).trunc();
        let x = step * 2.0 * MOST / STEPS - MOST;
        (1.0 / (1.0 + f64::from((-x).exp()))) as f32
    }
}

impl Output {
    /// The layer; the message says why there can be none.
    pub(super) fn new(loss: Loss, weights: Matrix, labels: &[Label]) -> Result<Self, String> {
        let tree = match loss {
            Loss::Hierarchical => huffman(labels)?,
            _ => Vec::new(),
        };
        Ok(Self {
            loss,
            weights,
            labels: labels.len(),
            tree,
        })
    }

    pub(super) fn memory(&self) -> usize {
        self.weights.memory()
    }

    /// Writes the `count` most probable labels for what is in `hidden` to `answers`, the most probable first.
    pub(super) fn best(&self, count: usize, scratch: &mut Scratch) {
        if self.loss == Loss::Hierarchical {
            self.search_tree(count, scratch);
        } else {
            self.compare_all(count, scratch);
        }
        scratch
            .answers
            .sort_by(|a, b| b.probability.total_cmp(&a.probability));
        for answer in &mut scratch.answers {
            answer.probability = answer.probability.exp();
        }
        scratch
            .answers
            .retain(|answer| answer.probability.is_finite());
    }

    fn search_tree(&self, count: usize, scratch: &mut Scratch) {
        let least = log(0.0);
        let Scratch {
            hidden,
            nodes,
            answers,
            ..
        } = scratch;
        nodes.clear();
        nodes.push((self.labels + self.tree.len() - 1, 0.0));
        while let Some((node, score)) = nodes.pop() {
            if score < least || (answers.len() == count && score < lowest(answers)) {
                continue;
            }
            let Some(inner) = node.checked_sub(self.labels) else {
                push(answers, count, node, score);
                continue;
            };
            let (left, right) = self.tree[inner];
            let product = self.weights.dot_row(inner, hidden);
            let share = (1.0 / f64::from(1.0 + (-product).exp())) as f32;
            nodes.push((right, score + log(share)));
            nodes.push((left, score + log((1.0 - f64::from(share)) as f32)));
        }
    }

    fn compare_all(&self, count: usize, scratch: &mut Scratch) {
        let Scratch {
            hidden,
            scores,
            answers,
            ..
        } = scratch;
        scores.clear();
        scores.extend((0..self.labels).map(|label| self.weights.dot_row(label, hidden)));
        if self.loss == Loss::Softmax {
            softmax(scores);
        } else {
            for score in scores.iter_mut() {
                *score = stepped_sigmoid(*score);
            }
        }
        for (label, &share) in scores.iter().enumerate() {
            let score = log(share);
            if answers.len() == count && score < lowest(answers) {
                continue;
            }
            push(answers, count, label, score);
        }
    }
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// The score of the last of the best.
fn lowest(answers: &[Answer]) -> f32 {
    answers
        .iter()
        .map(|answer| answer.probability)
        .fold(f32::INFINITY, f32::min)
}

/// Adds a label and takes the last of the best away when they are more than `count`.
fn push(answers: &mut Vec<Answer>, count: usize, label: usize, score: f32) {
    answers.push(Answer {
        label,
        probability: score,
    });
    if answers.len() > count {
        let scores = answers.iter().enumerate();
        let last = scores.min_by(|(_, a), (_, b)| a.probability.total_cmp(&b.probability));
        if let Some((last, _)) = last {
            answers.swap_remove(last);
        }
    }
}

/// The inner nodes of a Huffman tree, as fastText makes it of labels in falling order of their counts. Labels that
/// come in another order make another tree, but a tree.
fn huffman(labels: &[Label]) -> Result<Vec<(usize, usize)>, String> {
    const UNKNOWN: i64 = 1_000_000_000_000_000;
    let total = labels.iter().try_fold(0i64, |total, label| {
        total.checked_add(label.count).filter(|_| label.count >= 0)
    });
    if total.is_none_or(|total| total >= UNKNOWN) {
        return Err(format!(
            "expected counts of labels from 0 to {UNKNOWN} in sum, found others"
        ));
    }
    let mut counts: Vec<i64> = labels.iter().map(|label| label.count).collect();
    let inner = labels.len() - 1;
    counts.resize(labels.len() + inner, UNKNOWN);
    let mut tree = Vec::with_capacity(inner);
    // The next label, from the last on, and the next inner node, from the first on.
    let (mut label, mut node) = (labels.len(), labels.len());
    for made in labels.len()..labels.len() + inner {
        let mut take = || {
            if label > 0 && counts[label - 1] < counts[node] {
                label -= 1;
                label
            } else {
                node += 1;
                node - 1
            }
        };
        let (left, right) = (take(), take());
        counts[made] = counts[left] + counts[right];
        tree.push((left, right));
    }
    Ok(tree)
}
