// A stage's attention where a test knows that there is one.

import Perceiver
import Testing

extension Stage {
  /// The attention; a failed requirement where the stage has none.
  public func attended() throws -> StageAttention { try #require(attention) }
}
