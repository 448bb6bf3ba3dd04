//! Nodes of any name, joined to trees.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::datatypes::Int64Type;

/// What names a node.
pub(super) trait Node: Clone + Debug + Default + Ord + Hash + Send + Sync + 'static {
    /// The values of an array of its type.
    fn read(array: &ArrayRef) -> Vec<Option<Self>>;
    /// An array of its type.
    fn array(nodes: Vec<Self>) -> ArrayRef;
    /// Bytes beside its own size.
    fn bytes(&self) -> usize;
}

impl Node for i64 {
    fn read(array: &ArrayRef) -> Vec<Option<Self>> {
        array.as_primitive::<Int64Type>().iter().collect()
    }

    fn array(nodes: Vec<Self>) -> ArrayRef {
        Arc::new(Int64Array::from(nodes))
    }

    fn bytes(&self) -> usize {
        0
    }
}

impl Node for Box<str> {
    fn read(array: &ArrayRef) -> Vec<Option<Self>> {
        let strings = array.as_string_view().iter();
        strings.map(|string| string.map(Self::from)).collect()
    }

    fn array(nodes: Vec<Self>) -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(nodes))
    }

    fn bytes(&self) -> usize {
        self.len()
    }
}

/// Nodes by the order in which they came, each with its parent.
#[derive(Debug, Default)]
pub(super) struct Trees<N> {
    places: HashMap<N, usize>,
    parents: Vec<usize>,
    bytes: usize,
}

impl<N: Node> Trees<N> {
    /// Joins the trees of two nodes.
    pub(super) fn link(&mut self, node: Option<N>, other: Option<N>) {
        let places = [node, other].map(|node| node.map(|node| self.place(node)));
        if let [Some(node), Some(other)] = places {
            let (node, other) = (self.root(node), self.root(other));
            let (root, child) = (node.min(other), node.max(other));
            self.parents[child] = root;
        }
    }

    fn place(&mut self, node: N) -> usize {
        let next = self.parents.len();
        let bytes = node.bytes();
        let place = *self.places.entry(node).or_insert(next);
        if place == next {
            self.parents.push(next);
            self.bytes += bytes;
        }
        place
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parents[place] != place {
            self.parents[place] = self.parents[self.parents[place]];
            place = self.parents[place];
        }
        place
    }

    /// All nodes in order, and the smallest node of the tree of each.
    pub(super) fn components(&mut self) -> (Vec<N>, Vec<N>) {
        let mut nodes: Vec<_> = self
            .places
            .iter()
            .map(|(n, &place)| (n.clone(), place))
            .collect();
        nodes.sort_unstable();
        let mut smallest: Vec<Option<usize>> = vec![None; nodes.len()];
        let mut components = Vec::with_capacity(nodes.len());
        for (at, (_, place)) in nodes.iter().enumerate() {
            let root = self.root(*place);
            let first = *smallest[root].get_or_insert(at);
            components.push(nodes[first].0.clone());
        }
        (
            nodes.into_iter().map(|(node, _)| node).collect(),
            components,
        )
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<(N, usize)>() + 1;
        self.places.capacity() * entry + self.parents.capacity() * size_of::<usize>() + self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Trees;

    #[test]
    fn components_are_named_by_their_smallest_node() {
        let mut trees = Trees::default();
        for (node, other) in [
            (9, Some(7)),
            (3, Some(4)),
            (5, None),
            (7, Some(2)),
            (9, Some(9)),
        ] {
            trees.link(Some(node), other);
        }
        trees.link(None, Some(1));
        trees.link(None, None);
        let (nodes, components) = trees.components();
        assert_eq!(nodes, [1, 2, 3, 4, 5, 7, 9]);
        assert_eq!(components, [1, 2, 3, 3, 5, 2, 2]);
    }
}
