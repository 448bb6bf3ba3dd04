//! Vectors of one length each way: directions of embeddings, cells around centroids, and which vectors of a cell are alike.
//!
//! Sums are made in one order, whatever the instructions: the same vectors give the same bits everywhere.

/// Sums side by side.
const LANES: usize = 16;

/// The scalar product of two vectors of one length.
pub fn dot(first: &[f32], second: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a, a_rest) = first.as_chunks::<LANES>();
    let (b, b_rest) = second.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[lane] += a * b;
    }
    sums.iter().sum()
}

/// Makes the length of a vector 1; false when it has no direction: it is zero, or not all of it is finite.
pub fn normalise(vector: &mut [f32]) -> bool {
    let square: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if square == 0.0 || !square.is_finite() {
        return false;
    }
    let length = square.sqrt();
    for x in vector {
        *x = (f64::from(*x) / length) as f32;
    }
    true
}

/// Centroids of cells, by spherical k-means.
#[derive(Clone, Debug)]
pub struct Cells {
    dimension: usize,
    centroids: Vec<f32>,
}

impl Cells {
    /// Trains cells on vectors of length 1, each of `dimension` numbers, in so many rounds. The first `cells` of them are the
    /// first centroids; there are fewer cells when there are fewer vectors. A cell that becomes empty stays where it was.
    pub fn train(vectors: &[f32], dimension: usize, cells: usize, rounds: usize) -> Self {
        let cells = cells.min(vectors.len() / dimension);
        let mut trained = Self {
            dimension,
            centroids: vectors[..cells * dimension].to_vec(),
        };
        for _ in 0..rounds {
            let mut sums = vec![0.0_f64; trained.centroids.len()];
            for vector in vectors.chunks_exact(dimension) {
                let (cell, _) = trained.nearest(vector);
                let sum = &mut sums[cell * dimension..(cell + 1) * dimension];
                sum.iter_mut()
                    .zip(vector)
                    .for_each(|(sum, &x)| *sum += f64::from(x));
            }
            for (cell, sum) in sums.chunks_exact(dimension).enumerate() {
                let mut centroid: Vec<_> = sum.iter().map(|&x| x as f32).collect();
                if normalise(&mut centroid) {
                    trained.centroids[cell * dimension..(cell + 1) * dimension]
                        .copy_from_slice(&centroid);
                }
            }
        }
        trained
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.centroids.len() / self.dimension
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.centroids.is_empty()
    }

    /// The cell whose centroid is most like a vector, the first of several, and how like it is.
    pub fn nearest(&self, vector: &[f32]) -> (usize, f32) {
        let centroids = self.centroids.chunks_exact(self.dimension);
        let likes = centroids.map(|centroid| dot(centroid, vector));
        let first = (0, f32::NEG_INFINITY);
        likes.enumerate().fold(
            first,
            |best, (cell, like)| {
                if like > best.1 { (cell, like) } else { best }
            },
        )
    }
}

/// For each of the vectors in `order`, the first before it that is like it by at least `threshold`, if there is one, as places in
/// `order`.
pub fn first_alike(
    vectors: &[f32],
    dimension: usize,
    order: &[usize],
    threshold: f32,
) -> Vec<Option<usize>> {
    let vector = |i: usize| &vectors[i * dimension..(i + 1) * dimension];
    let find = |later: usize| {
        let own = vector(order[later]);
        let mut before = order[..later].iter();
        before.position(|&i| dot(vector(i), own) >= threshold)
    };
    (0..order.len()).map(find).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vectors_without_direction() {
        assert!(!normalise(&mut [0.0; 3]));
        assert!(!normalise(&mut [f32::NAN, 1.0]));
        assert!(!normalise(&mut [f32::INFINITY, 1.0]));
        let mut tiny = [3e-30, 4e-30];
        assert!(normalise(&mut tiny));
        assert_eq!(tiny, [0.6, 0.8]);
    }

    #[test]
    fn two_heaps_are_two_cells() {
        let mut vectors = Vec::new();
        for i in 0..20 {
            let wobble = 0.01 * i as f32;
            let mut vector = if i % 2 == 0 {
                [1.0, wobble]
            } else {
                [wobble, -1.0]
            };
            assert!(normalise(&mut vector));
            vectors.extend(vector);
        }
        let cells = Cells::train(&vectors, 2, 2, 10);
        assert_eq!(cells.len(), 2);
        for (i, vector) in vectors.chunks_exact(2).enumerate() {
            let (cell, like) = cells.nearest(vector);
            assert_eq!(cell, i % 2);
            assert!(like > 0.99);
        }
    }

    proptest! {
        #[test]
        fn products_are_near_plain_ones(pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 0..70)) {
            let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let plain: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4);
        }

        #[test]
        fn the_first_alike_is_found(vectors in prop::collection::vec(prop::sample::select(vec![-1.0_f32, 0.5, 1.0]), 0..60)) {
            let mut vectors = vectors;
            vectors.truncate(vectors.len() / 2 * 2);
            let order: Vec<_> = (0..vectors.len() / 2).rev().collect();
            let found = first_alike(&vectors, 2, &order, 1.0);
            for (later, &i) in order.iter().enumerate() {
                let product = |j: usize| vectors[2 * j] * vectors[2 * i] + vectors[2 * j + 1] * vectors[2 * i + 1];
                let plain = (0..later).find(|&earlier| product(order[earlier]) >= 1.0);
                prop_assert_eq!(found[later], plain);
            }
        }
    }
}
