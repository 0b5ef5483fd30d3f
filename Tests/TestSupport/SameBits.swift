// Whether lists of tensors are the same to the bit, where a test promises no less.

import Tensors

/// Whether there are as many tensors, each with the bits of its counterpart: NaNs may be equal, 0
/// and -0 are not.
public func haveSameBits(_ ours: [Tensor], _ theirs: [Tensor]) -> Bool {
  ours.count == theirs.count && zip(ours, theirs).allSatisfy { $0.hasSameBits(as: $1) }
}
