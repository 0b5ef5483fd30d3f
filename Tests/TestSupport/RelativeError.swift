// How far two tensors are apart, the way all tolerances here are stated.

import Tensors

/// ‖ours - theirs‖ / ‖theirs‖ in double; the plain norm where theirs is all zero.
///
/// NaN, which fails every comparison, if shapes differ or an element is not finite.
public func relativeError(_ ours: Tensor, _ theirs: Tensor) -> Double {
  guard ours.shape == theirs.shape else { return .nan }
  var (difference, reference) = (0.0, 0.0)
  for (a, b) in zip(ours.values, theirs.values) {
    difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
    reference += Double(b) * Double(b)
  }
  return reference == 0 ? difference.squareRoot() : (difference / reference).squareRoot()
}

/// ‖ours − theirs‖ / ‖theirs‖ of plain numbers; NaN if there are not as many.
public func relativeError(_ ours: [Float], _ theirs: [Float]) -> Double {
  relativeError(
    Tensor(shape: [ours.count], values: ours), Tensor(shape: [theirs.count], values: theirs))
}
