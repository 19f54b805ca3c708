//! Short lists in order. The sort of the standard library is thousands of bytes for each type.

/// By `key`, the least first; equal ones stay as they are.
pub fn in_order<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && key(&list[at - 1]) > key(&list[at]) {
            list.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_stay_as_they_are() {
        let mut list = [(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        in_order(&mut list, |(n, _)| *n);
        assert_eq!(list.map(|(_, name)| name), ['b', 'e', 'd', 'a', 'c']);
    }
}
